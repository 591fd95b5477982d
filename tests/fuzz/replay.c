/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/replay.c - runs each file of a folder through a harness, without clang: replay FOLDER.
 *
 * Each input is also cut at every length and changed in every byte, so that a small corpus reaches
 * most refusals. Fails when the folder holds nothing.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX  (1u << 20)
#define VARIED_MAX 2048u /* larger inputs are run as they are */

/* A piece of memory of just this size, so that a sanitizer sees a read behind it. */
static void run_copy(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_varied(uint8_t *data, size_t size)
{
    static const uint8_t flips[] = { 0x01, 0x80, 0xff };
    run_copy(data, size);
    for (size_t at = 0; size <= VARIED_MAX && at < size; at++) {
        run_copy(data, at);
        for (size_t i = 0; i < sizeof flips; i++) {
            data[at] ^= flips[i];
            run_copy(data, size);
            data[at] ^= flips[i];
        }
    }
}

static int run_file(const char *folder, const char *name)
{
    static uint8_t input[INPUT_MAX];
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 0;
    }
    size_t size = fread(input, 1, sizeof input, file);
    (void)fclose(file);
    run_varied(input, size);
    return 1;
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (folder == NULL) {
        fprintf(stderr, "usage: replay FOLDER\n");
        return 2;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] != '.') {
            if (!run_file(argv[1], entry->d_name)) {
                return 1;
            }
            count++;
        }
    }
    (void)closedir(folder);
    printf("%u inputs\n", count);
    return count > 0 ? 0 : 1;
}
