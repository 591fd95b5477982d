/* SPDX-License-Identifier: Apache-2.0 */
/*
 * examples/record_and_sync.c - a team, one report with its casualties, and a sync with a relay.
 *
 *     record_and_sync FOLDER [URL#KEY TOKEN]
 *
 * FOLDER must not exist. URL#KEY and TOKEN are what `mirsald init` prints; without them the report
 * is recorded and kept for a later sync. Everything here is in the public headers.
 */
#include <mirsal/mirsal.h>
#include <stdio.h>
#include <string.h>

static const char report[] =
    "{\"type\":\"incident\",\"source_id\":\"example:1\",\"date_start\":\"2019-11-17\","
    "\"date_prec\":\"day\",\"means\":[\"airstrike\"],"
    "\"title\":[[\"ar\",\"غارة جوية على الملاجة\"],[\"en\",\"Airstrike on Al-Malaja\"]],"
    "\"children\":[{\"type\":\"casualty\",\"source_id\":\"example:2\",\"outcome\":\"killed\","
    "\"status\":\"civilian\",\"min\":5,\"max\":5,\"quality\":\"exact\"}]}";

/* Prints an answer and releases it. */
static void show(const char *what, mirsal_text *answer)
{
    printf("%s: %s\n", what, answer->data != NULL ? answer->data : "nothing");
    mirsal_text_free(answer);
}

static int fail(const char *what, const mirsal_error *error)
{
    fprintf(stderr, "%s: %s: %s\n", what, mirsal_code_name(error->code), error->message);
    return 1;
}

static mirsal_code found_team(mirsal_store **out, const char *folder, mirsal_error *error)
{
    char recovery[1024];
    mirsal_text answer = { 0 };
    mirsal_store_options store = MIRSAL_STORE_OPTIONS_INIT;
    mirsal_team_options team = MIRSAL_TEAM_OPTIONS_INIT;
    (void)snprintf(recovery, sizeof recovery, "%s.recovery", folder);
    store.directory = folder;
    store.passphrase = "only for the example";
    store.passphrase_size = strlen(store.passphrase);
    store.kdf_ms = 1; /* a real store leaves this at 0 */
    team.name = "Example team";
    team.label = "First laptop";
    team.recovery_path = recovery;
    team.recovery_passphrase = "another, kept in a safe";
    team.recovery_passphrase_size = strlen(team.recovery_passphrase);
    mirsal_code code = mirsal_team_create(out, &answer, &store, &team, error);
    if (code == MIRSAL_OK) {
        show("team", &answer);
    }
    return code;
}

/* What one begin and one commit hold is durable together, or not at all. */
static mirsal_code record_report(mirsal_store *store, mirsal_error *error)
{
    mirsal_id id;
    mirsal_commit_result result;
    mirsal_code code = mirsal_begin(store, error);
    if (code != MIRSAL_OK) {
        return code;
    }
    code = mirsal_insert(&id, store, report, strlen(report), error);
    if (code != MIRSAL_OK) {
        mirsal_rollback(store);
        return code;
    }
    code = mirsal_commit(&result, store, error);
    if (code == MIRSAL_OK) {
        printf("recorded and sealed in %u changesets\n", (unsigned)result.changesets);
    }
    return code;
}

static mirsal_code count_killed(mirsal_store *store, mirsal_error *error)
{
    mirsal_query *query = NULL;
    int row = 0;
    mirsal_code code = mirsal_query_open(
        &query, store, "SELECT sum(min), sum(max) FROM casualty WHERE outcome = ?1", error);
    if (code == MIRSAL_OK) {
        code = mirsal_query_bind(query, 1, "killed", error);
    }
    if (code == MIRSAL_OK) {
        code = mirsal_query_step(&row, query, error);
    }
    if (code == MIRSAL_OK && row) {
        printf("killed: %lld to %lld\n", (long long)mirsal_query_int(query, 0),
            (long long)mirsal_query_int(query, 1));
    }
    mirsal_query_close(query);
    return code;
}

static mirsal_code sync_store(mirsal_store *store,
    const char *relay,
    const char *token,
    mirsal_error *error)
{
    mirsal_text answer = { 0 };
    mirsal_sync_options options = MIRSAL_SYNC_OPTIONS_INIT;
    mirsal_sync_result result;
    mirsal_code code = mirsal_relay_add(&answer, store, relay, token, error);
    if (code != MIRSAL_OK) {
        return code;
    }
    show("relay", &answer);
    code = mirsal_sync_run(&answer, &result, store, &options, error);
    if (code == MIRSAL_OK) {
        show("sync", &answer);
    }
    return code;
}

int main(int argc, char **argv)
{
    mirsal_store *store = NULL;
    mirsal_text answer = { 0 };
    mirsal_error error = { 0 };
    int status = 0;
    if (argc != 2 && argc != 4) {
        fprintf(stderr, "usage: %s FOLDER [URL#KEY TOKEN]\n", argv[0]);
        return 2;
    }
    if (found_team(&store, argv[1], &error) != MIRSAL_OK) {
        return fail("team", &error);
    }
    if (record_report(store, &error) != MIRSAL_OK) {
        status = fail("record", &error);
    } else if (count_killed(store, &error) != MIRSAL_OK) {
        status = fail("count", &error);
    } else if (argc == 4 && sync_store(store, argv[2], argv[3], &error) != MIRSAL_OK) {
        status = fail("sync", &error);
    } else if (mirsal_status(&answer, store, &error) != MIRSAL_OK) {
        status = fail("status", &error);
    }
    if (status == 0) {
        show("status", &answer);
    }
    mirsal_close(store);
    return status;
}
