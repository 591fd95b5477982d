/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/exchange.h - import and export of records as files.
 */
#ifndef MIRSAL_EXCHANGE_H
#define MIRSAL_EXCHANGE_H

#include <mirsal/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Gives the next bytes of the input: *size 0 at the end. Returns 0, or an errno value. */
typedef int (*mirsal_read_callback)(void *context, void *buffer, size_t capacity, size_t *size);

/** How records are imported. */
typedef struct mirsal_import_options {
    uint32_t version;
    const char *type;      /**< for lines without "type", or NULL */
    const char *source_id; /**< name of the JSON field that holds the source id, or NULL */
    int dry_run;
    void (*progress)(void *context, uint64_t lines); /**< or NULL */
    void *progress_context;
} mirsal_import_options;
#define MIRSAL_IMPORT_OPTIONS_INIT                                                                 \
    {                                                                                              \
        .version = 1u                                                                              \
    }

/**
 * JSON Lines. A line is all or nothing with its children; bad ones are rejected and do not stop
 * the rest.
 * *out is given: the `import` answer. *rejected counts them. Durable when it returns.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_import(mirsal_text *out,
    uint64_t *rejected,
    mirsal_store *store,
    mirsal_read_callback read,
    void *read_context,
    const mirsal_import_options *options,
    mirsal_error *err);

/** What an export takes in, and for whom. */
typedef struct mirsal_export_options {
    uint32_t version;
    const char *where;   /**< a condition over incident, or NULL: all */
    const char *release; /**< the strictest level that leaves; NULL: partners */
    int personal;        /**< people without their consent too */
    int for_team;        /**< all: of each level, without consent, what endangers people */
} mirsal_export_options;
#define MIRSAL_EXPORT_OPTIONS_INIT                                                                 \
    {                                                                                              \
        .version = 1u                                                                              \
    }

/**
 * Writes DIRECTORY/TYPE.jsonl … and manifest.json; two stores of equal digests write the same
 * bytes. Personal data without consent, records past their release level and what endangers people
 * stay, unless options say otherwise; the manifest counts them. options may be NULL.
 * *out is given. BAD_VALUE: no release level.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_export(mirsal_text *out,
    mirsal_store *store,
    const char *directory,
    const mirsal_export_options *options,
    mirsal_error *err);

#ifdef __cplusplus
}
#endif

#endif
