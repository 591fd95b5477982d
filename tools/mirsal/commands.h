/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/commands.h - every command of the program, once: parser, help, completion and the man
 * page's test read this table, and main finds each command's function by it.
 *
 * A new command is a row of CLI_COMMANDS, its description in commands.c, and its function
 * cli_run_NAME.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <stddef.h>

/* ID, name of the function after cli_run_. In the order of help. */
#define CLI_COMMANDS(X)                                                                            \
    X(TEAM_CREATE, team_create)                                                                    \
    X(TEAM_SHOW, team_show)                                                                        \
    X(TEAM_DRILL, team_drill)                                                                      \
    X(RECOVER, recover)                                                                            \
    X(RELAY_ADD, relay_add)                                                                        \
    X(RELAY_LIST, relay_list)                                                                      \
    X(INVITE, invite)                                                                              \
    X(INVITE_LIST, invite_list)                                                                    \
    X(INVITE_REVOKE, invite_revoke)                                                                \
    X(JOIN, join)                                                                                  \
    X(DEVICE_LIST, device_list)                                                                    \
    X(DEVICE_SHOW, device_show)                                                                    \
    X(DEVICE_ADMIT, device_admit)                                                                  \
    X(DEVICE_ROLE, device_role)                                                                    \
    X(DEVICE_CUT, device_cut)                                                                      \
    X(DEVICE_ADOPT, device_adopt)                                                                  \
    X(DEVICE_FREEZE, device_freeze)                                                                \
    X(DEVICE_UNFREEZE, device_unfreeze)                                                            \
    X(DEVICE_VERIFY, device_verify)                                                                \
    X(EPOCH_ROTATE, epoch_rotate)                                                                  \
    X(COMPARTMENT_ADD, compartment_add)                                                            \
    X(COMPARTMENT_GRANT, compartment_grant)                                                        \
    X(COMPARTMENT_REVOKE, compartment_revoke)                                                      \
    X(SCHEMA_SHOW, schema_show)                                                                    \
    X(SCHEMA_EXTEND, schema_extend)                                                                \
    X(ADD, add)                                                                                    \
    X(DRAFT_LIST, draft_list)                                                                      \
    X(DRAFT_SEND, draft_send)                                                                      \
    X(DRAFT_DROP, draft_drop)                                                                      \
    X(EDIT, edit)                                                                                  \
    X(WITHDRAW, withdraw)                                                                          \
    X(IMPORT, import)                                                                              \
    X(MERGE, merge)                                                                                \
    X(SHOW, show)                                                                                  \
    X(LIST, list)                                                                                  \
    X(SEARCH, search)                                                                              \
    X(CHANGES, changes)                                                                            \
    X(SYNC, sync)                                                                                  \
    X(SERVE, serve)                                                                                \
    X(STATUS, status)                                                                              \
    X(CONFLICTS, conflicts)                                                                        \
    X(RESOLVE, resolve)                                                                            \
    X(ASSESS, assess)                                                                              \
    X(TALLY, tally)                                                                                \
    X(EXPORT, export)                                                                              \
    X(PURGE, purge)                                                                                \
    X(PURGE_APPROVE, purge_approve)                                                                \
    X(PURGE_LIFT, purge_lift)                                                                      \
    X(PURGE_LIST, purge_list)                                                                      \
    X(ORG_KEY, org_key)                                                                            \
    X(HANDOFF_CREATE, handoff_create)                                                              \
    X(HANDOFF_VERIFY, handoff_verify)                                                              \
    X(HANDOFF_ACCEPT, handoff_accept)                                                              \
    X(HANDOFF_RECEIPT, handoff_receipt)                                                            \
    X(HANDOFF_LIST, handoff_list)                                                                  \
    X(LOG, log)                                                                                    \
    X(VERIFY, verify)                                                                              \
    X(REBUILD, rebuild)                                                                            \
    X(PASSPHRASE_CHANGE, passphrase_change)                                                        \
    X(PASSPHRASE_DURESS, passphrase_duress)                                                        \
    X(PASSPHRASE_LIMIT, passphrase_limit)                                                          \
    X(WIPE, wipe)                                                                                  \
    X(BACKUP, backup)                                                                              \
    X(RESTORE, restore)                                                                            \
    X(BUNDLE_EXPORT, bundle_export)                                                                \
    X(BUNDLE_IMPORT, bundle_import)                                                                \
    X(INSPECT, inspect)                                                                            \
    X(BENCH, bench)                                                                                \
    X(COMPLETION, completion)                                                                      \
    X(HELP, help)

enum cli_command_id {
#define CLI_COMMAND_ENUM(id, function) CLI_##id,
    CLI_COMMANDS(CLI_COMMAND_ENUM)
#undef CLI_COMMAND_ENUM
        CLI_COMMAND_COUNT
};

enum cli_kind {
    CLI_FLAG,
    CLI_TEXT,
    CLI_FILE,   /* a path: completed as one */
    CLI_FOLDER, /* likewise */
    CLI_COUNT,  /* a whole number */
    CLI_BYTES,  /* a whole number with k, M or G behind it (1,024 each) */
    CLI_SPAN,   /* a time span: 30m, 12h, 7d, 2w; its number is in milliseconds */
    CLI_CHOICE, /* one word of `value`, which lists them with | between */
};

enum { CLI_REQUIRED = 1, CLI_REPEATED = 2 };

struct cli_option {
    const char *name;  /* with its dashes */
    const char *value; /* what help calls the value; NULL for a flag */
    enum cli_kind kind;
    unsigned rules;
    const char *text; /* one line of help */
};

struct cli_command {
    const char *words; /* "team create", "add" */
    const char *operands;
    size_t operands_min;
    size_t operands_max;
    const struct cli_option *options; /* ends with a NULL name */
    const char *summary;              /* a key of messages.h */
    const char *text;                 /* a paragraph, or NULL */
    const char *examples;             /* lines, each a command */
};

/* Global options; ends with a NULL name. */
extern const struct cli_option cli_globals[];

const struct cli_command *cli_command_at(enum cli_command_id id);
enum cli_command_id cli_command_id_of(const struct cli_command *command);

/*
 * The command that argv[0..count) begins with, longest first, or NULL; *used is how many words it
 * took.
 */
const struct cli_command *cli_command_find(const char *const *words, size_t count, size_t *used);

#endif
