/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_vectors.c - see the header.
 */
#include "test_vectors.h"

#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_SIZE 1024u

struct kept {
    struct kept *next;
    uint8_t bytes[];
};
static struct kept *kept_bytes;

static const char *source_root(void)
{
    const char *root = getenv("MIRSAL_SOURCE");
    return root != NULL ? root : ".";
}

static json_t *load(const char *folder, const char *path)
{
    char name[PATH_SIZE];
    json_error_t error;
    if (path[0] == '/') {
        (void)snprintf(name, sizeof name, "%s", path);
    } else {
        (void)snprintf(name, sizeof name, "%s/%s", folder, path);
    }
    json_t *root = json_load_file(name, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL && json_error_code(&error) == json_error_numeric_overflow) {
        root = json_load_file(name, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
    }
    if (root == NULL) {
        fail_msg("%s:%d: %s", name, error.line, error.text);
    }
    return root;
}

json_t *test_load_source(const char *path)
{
    return load(source_root(), path);
}

const char *test_shared_vectors(void)
{
    static char folder[PATH_SIZE];
    struct stat status;
    const char *shared = getenv("MIRSAL_SHARED");
    if (shared != NULL) {
        (void)snprintf(folder, sizeof folder, "%s/vectors", shared);
    } else {
        (void)snprintf(folder, sizeof folder, "%s/../shared/vectors", source_root());
    }
    return stat(folder, &status) == 0 ? folder : NULL;
}

json_t *test_load_shared(const char *path)
{
    const char *folder = test_shared_vectors();
    return folder != NULL ? load(folder, path) : NULL;
}

int test_skip_without_shared(void)
{
    (void)printf("skipped: public vectors are not here\n");
    return TEST_SKIP;
}

int test_has(const json_t *object, const char *key)
{
    return json_object_get(object, key) != NULL;
}

static const json_t *member(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL) {
        const char *name = json_string_value(json_object_get(object, "name"));
        fail_msg("no member %s in vector %s", key, name != NULL ? name : "(no name)");
    }
    return value;
}

const char *test_text(const json_t *object, const char *key)
{
    const json_t *value = member(object, key);
    if (!json_is_string(value)) {
        fail_msg("member %s is no text", key);
    }
    return json_string_value(value);
}

uint64_t test_number(const json_t *object, const char *key)
{
    const json_t *value = member(object, key);
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        fail_msg("member %s is no count", key);
    }
    return (uint64_t)json_integer_value(value);
}

const json_t *test_array(const json_t *object, const char *key)
{
    const json_t *value = member(object, key);
    if (!json_is_array(value)) {
        fail_msg("member %s is no array", key);
    }
    return value;
}

struct mir_bytes test_bytes_of(const json_t *hex_text)
{
    struct mir_bytes bytes = { NULL, 0 };
    if (!json_is_string(hex_text)) {
        fail_msg("a value is no hex text");
    }
    const char *text = json_string_value(hex_text);
    size_t size = strlen(text) / 2;
    struct kept *kept = malloc(sizeof *kept + size);
    assert_non_null(kept);
    kept->next = kept_bytes;
    kept_bytes = kept;
    if (!mir_hex_decode(kept->bytes, size, text, strlen(text))) {
        fail_msg("not hex: %.40s", text);
    }
    bytes.data = kept->bytes;
    bytes.size = size;
    return bytes;
}

struct mir_bytes test_bytes(const json_t *object, const char *key)
{
    return test_bytes_of(member(object, key));
}

void test_fixed(void *out, size_t size, const json_t *object, const char *key)
{
    struct mir_bytes bytes = test_bytes(object, key);
    if (bytes.size != size) {
        fail_msg("member %s has %zu bytes, not %zu", key, bytes.size, size);
    }
    if (size > 0) {
        memcpy(out, bytes.data, size);
    }
}

void test_release_bytes(void)
{
    while (kept_bytes != NULL) {
        struct kept *kept = kept_bytes;
        kept_bytes = kept->next;
        free(kept);
    }
}
