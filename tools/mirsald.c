/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mirsald.c - the sync server's program: mirsald COMMAND --data DIR (mirsald(8)).
 *
 * Answers are JSON on stdout, errors {"error":…} on stderr; exit codes as mirsal's. One thread
 * waits for signals: SIGTERM and SIGINT finish what is acknowledged and end, SIGHUP reads
 * certificates again.
 */
#include "exits.h"
#include "harden.h"

#include <mirsal/server.h>

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TICK_SECONDS        1
#define CONFIG_LINE_MAX     4096
#define PASSPHRASE_SIZE_MAX 4096

struct arguments {
    mirsal_server_options options;
    const char *config;
    const char *command;
    const char *operands[2];
    int operand_count;
    char *kept[16]; /* texts read from the configuration; freed at exit */
    int kept_count;
};

static const char usage[] =
    "usage: mirsald COMMAND --data DIR\n"
    "  init [--public-url URL]            make a relay; prints its address with key, and a token\n"
    "  run --listen HOST:PORT             serve (port 0: any free one)\n"
    "      [--tls-cert F --tls-key F] [--config FILE] [--quota-device BYTES] [--quota-team BYTES]\n"
    "  join INVITE                        become a reader of the team, into DIR/store\n"
    "  team list | team remove TEAM       teams served here\n"
    "  status                             what is held\n"
    "  backup FILE                        keys and logs in one tar file\n"
    "  check                              configuration and data, then exit\n"
    "MIRSAL_PASSPHRASE, or a service's credential mirsal-passphrase, seals DIR/keys and\n"
    "DIR/store. See mirsald(8), mirsald.conf(5).\n";

static void print_escaped(FILE *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            fputc('\\', out);
        }
        fputc((unsigned char)*at < 0x20 ? ' ' : *at, out);
    }
}

static int report(mirsal_code code, const mirsal_error *err)
{
    if (code != MIRSAL_OK) {
        fprintf(stderr, "{\"error\":{\"code\":\"%s\",\"message\":\"", mirsal_code_name(code));
        print_escaped(stderr, err->message);
        if (err->field[0] != '\0') {
            fprintf(stderr, "\",\"field\":\"");
            print_escaped(stderr, err->field);
        }
        fprintf(stderr, "\"}}\n");
    }
    return cli_exit_of(code, 0);
}

/* What was printed is out, or it is told that it is not. */
static int flushed(void)
{
    mirsal_error err = { 0 };
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return CLI_EXIT_DONE;
    }
    mirsal_code code = errno == ENOSPC ? MIRSAL_DISK_FULL : MIRSAL_IO;
    snprintf(
        err.message, sizeof(err.message), "the answer could not be written: %s", strerror(errno));
    return report(code, &err);
}

static int give(mirsal_code code, mirsal_text *text, const mirsal_error *err)
{
    if (code == MIRSAL_OK) {
        printf("%s\n", text->data);
    }
    mirsal_text_free(text);
    return code == MIRSAL_OK ? flushed() : report(code, err);
}

static int fail_usage(const char *what, const char *word)
{
    mirsal_error err = { .code = MIRSAL_USAGE };
    snprintf(err.message, sizeof(err.message), "%s: %s", what, word);
    (void)report(MIRSAL_USAGE, &err);
    fputs(usage, stderr);
    return CLI_EXIT_USAGE;
}

static int parse_number(uint64_t *out, const char *text)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-') {
        return 0;
    }
    *out = value;
    return 1;
}

/*
 * One setting by its name; the command line and the configuration share them. 0: no such setting
 * or value.
 */
static int set_option(struct arguments *arguments, const char *name, const char *value)
{
    mirsal_server_options *options = &arguments->options;
    uint64_t number = 0;
    if (strcmp(name, "data") == 0) {
        options->data = value;
    } else if (strcmp(name, "public-url") == 0) {
        options->public_url = value;
    } else if (strcmp(name, "listen") == 0) {
        options->listen = value;
    } else if (strcmp(name, "tls-cert") == 0) {
        options->tls_cert = value;
    } else if (strcmp(name, "tls-key") == 0) {
        options->tls_key = value;
    } else if (strcmp(name, "config") == 0) {
        arguments->config = value;
    } else if (!parse_number(&number, value)) {
        return 0;
    } else if (strcmp(name, "quota-device") == 0) {
        options->quota_device = number;
    } else if (strcmp(name, "quota-team") == 0) {
        options->quota_team = number;
    } else if (strcmp(name, "rate-per-minute") == 0 && number <= UINT32_MAX) {
        options->rate_per_minute = (uint32_t)number;
    } else if (strcmp(name, "metrics-open") == 0 && number <= 1) {
        options->metrics_open = (int)number;
    } else {
        return 0;
    }
    return 1;
}

/*
 * "key = value", # begins a comment. Keys are the long options' names. Returns the bad line, or 0.
 */
static int read_config(struct arguments *arguments, FILE *file)
{
    char line[CONFIG_LINE_MAX];
    for (int number = 1; fgets(line, sizeof(line), file) != NULL; number++) {
        char key[64];
        char value[CONFIG_LINE_MAX];
        char *comment = strchr(line, '#');
        if (comment != NULL) {
            *comment = '\0';
        }
        if (line[strspn(line, " \t\r\n")] == '\0') {
            continue;
        }
        if (sscanf(line, " %63[a-z-] = %4095[^\r\n]", key, value) != 2) {
            return number;
        }
        size_t size = strlen(value);
        while (size > 0 && (value[size - 1u] == ' ' || value[size - 1u] == '\t')) {
            value[--size] = '\0';
        }
        char *kept = arguments->kept_count < 16 ? strdup(value) : NULL;
        if (kept == NULL) {
            return number;
        }
        arguments->kept[arguments->kept_count++] = kept;
        if (strcmp(key, "config") == 0 || !set_option(arguments, key, kept)) {
            return number;
        }
    }
    return 0;
}

static int load_config(struct arguments *arguments)
{
    if (arguments->config == NULL) {
        return CLI_EXIT_DONE;
    }
    mirsal_error err = { .code = MIRSAL_USAGE };
    FILE *file = fopen(arguments->config, "r");
    if (file == NULL) {
        snprintf(err.message, sizeof(err.message), "the configuration does not open");
        return report(MIRSAL_USAGE, &err);
    }
    int line = read_config(arguments, file);
    fclose(file);
    if (line != 0) {
        snprintf(err.message, sizeof(err.message), "configuration, line %d: no such setting", line);
        return report(MIRSAL_USAGE, &err);
    }
    return CLI_EXIT_DONE;
}

/* The command line twice: for --config, and again so that it wins over the file. */
static int parse(struct arguments *arguments, int argc, char **argv)
{
    static const struct option options[] = {
        { "data", required_argument, NULL, 'o' },
        { "public-url", required_argument, NULL, 'o' },
        { "listen", required_argument, NULL, 'o' },
        { "tls-cert", required_argument, NULL, 'o' },
        { "tls-key", required_argument, NULL, 'o' },
        { "config", required_argument, NULL, 'o' },
        { "quota-device", required_argument, NULL, 'o' },
        { "quota-team", required_argument, NULL, 'o' },
        { "rate-per-minute", required_argument, NULL, 'o' },
        { "metrics-open", required_argument, NULL, 'o' },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        { NULL, 0, NULL, 0 },
    };
    int index = 0;
    int key;
    optind = 1;
    opterr = 0;
    while ((key = getopt_long(argc, argv, "h", options, &index)) != -1) {
        if (key == 'h' || key == 'V') {
            arguments->command = key == 'h' ? "help" : "version";
            return CLI_EXIT_DONE;
        }
        if (key != 'o' || !set_option(arguments, options[index].name, optarg)) {
            return fail_usage("not an option, or not its value", argv[optind - 1]);
        }
    }
    arguments->operand_count = 0;
    arguments->command = optind < argc ? argv[optind++] : NULL;
    while (optind < argc && arguments->operand_count < 2) {
        arguments->operands[arguments->operand_count++] = argv[optind++];
    }
    if (arguments->command == NULL || optind < argc) {
        return fail_usage(optind < argc ? "one word too many" : "no command", "mirsald");
    }
    return CLI_EXIT_DONE;
}

static int run(mirsal_server *server, const mirsal_server_options *options)
{
    sigset_t signals;
    mirsal_error err = { 0 };
    mirsal_text ready;
    const struct timespec tick = { .tv_sec = TICK_SECONDS };
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    /* Before any thread is made, so that all inherit it. */
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    int status = give(mirsal_server_start(&ready, server, options, &err), &ready, &err);
    if (status != CLI_EXIT_DONE) {
        return status;
    }
    for (;;) {
        int number = sigtimedwait(&signals, NULL, &tick);
        if (number == SIGTERM || number == SIGINT) {
            mirsal_server_stop(server);
            return CLI_EXIT_DONE;
        }
        /* What fails here is in the log, and tried again. */
        mirsal_code rc = number == SIGHUP ? mirsal_server_reload(server, options, &err)
                                          : mirsal_server_tick(server, &err);
        (void)rc;
    }
}

static int with_server(mirsal_server *server, const struct arguments *arguments)
{
    const char *command = arguments->command;
    const char *first = arguments->operands[0];
    mirsal_error err = { 0 };
    mirsal_text text = { 0 };
    if (strcmp(command, "run") == 0 && arguments->operand_count == 0) {
        if (arguments->options.listen == NULL) {
            return fail_usage("run needs", "--listen HOST:PORT");
        }
        return run(server, &arguments->options);
    }
    if (strcmp(command, "join") == 0 && arguments->operand_count == 1) {
        mirsal_code rc = mirsal_server_join(&text, server, first, &err);
        return give(rc, &text, &err);
    }
    if ((strcmp(command, "status") == 0 && arguments->operand_count == 0) ||
        (strcmp(command, "team") == 0 && arguments->operand_count == 1 &&
            strcmp(first, "list") == 0)) {
        return give(mirsal_server_status(&text, server, &err), &text, &err);
    }
    if (strcmp(command, "team") == 0 && arguments->operand_count == 2 &&
        strcmp(first, "remove") == 0) {
        return report(mirsal_server_team_remove(server, arguments->operands[1], &err), &err);
    }
    if (strcmp(command, "backup") == 0 && arguments->operand_count == 1) {
        return report(mirsal_server_backup(server, first, &err), &err);
    }
    if (strcmp(command, "check") == 0 && arguments->operand_count == 0) {
        return give(mirsal_server_check(&text, server, &err), &text, &err);
    }
    return fail_usage("not a command, or not its operands", command);
}

/* Not left out by the compiler. */
static void wipe(char *secret, size_t size)
{
    volatile char *at = secret;
    for (size_t i = 0; i < size; i++) {
        at[i] = 0;
    }
}

/*
 * MIRSAL_PASSPHRASE, else the service's credential mirsal-passphrase (systemd.exec(5),
 * LoadCredential=), whose line end does not count; else none.
 */
static int find_passphrase(char out[PASSPHRASE_SIZE_MAX], mirsal_server_options *options)
{
    char path[PATH_MAX];
    mirsal_error err = { .code = MIRSAL_USAGE };
    char *given = getenv("MIRSAL_PASSPHRASE");
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    size_t size = given != NULL ? strlen(given) : 0;
    if (size > 0 && size < PASSPHRASE_SIZE_MAX) {
        memcpy(out, given, size);
    }
    if (given != NULL) {
        wipe(given, size);
        unsetenv("MIRSAL_PASSPHRASE");
    }
    if (size == 0 && folder != NULL &&
        snprintf(path, sizeof(path), "%s/mirsal-passphrase", folder) < (int)sizeof(path)) {
        FILE *file = fopen(path, "r");
        if (file != NULL) {
            setvbuf(file, NULL, _IONBF, 0); /* no copy stays behind */
            size = fread(out, 1, PASSPHRASE_SIZE_MAX, file);
            fclose(file);
        } else if (errno != ENOENT) {
            snprintf(err.message, sizeof(err.message), "the credential does not open");
            return report(MIRSAL_USAGE, &err);
        }
        while (size > 0 && size < PASSPHRASE_SIZE_MAX &&
               (out[size - 1u] == '\n' || out[size - 1u] == '\r')) {
            size--;
        }
    }
    if (size >= PASSPHRASE_SIZE_MAX) {
        snprintf(err.message, sizeof(err.message), "the passphrase is too long");
        return report(MIRSAL_USAGE, &err);
    }
    options->passphrase = size > 0 ? out : NULL;
    options->passphrase_size = size;
    return CLI_EXIT_DONE;
}

static int dispatch(struct arguments *arguments)
{
    mirsal_server *server = NULL;
    mirsal_error err = { 0 };
    mirsal_text text = { 0 };
    char passphrase[PASSPHRASE_SIZE_MAX];
    if (strcmp(arguments->command, "help") == 0) {
        fputs(usage, stdout);
        return flushed();
    }
    if (strcmp(arguments->command, "version") == 0) {
        printf("mirsald %s\n", MIRSAL_PROGRAM_VERSION);
        return flushed();
    }
    if (arguments->options.data == NULL) {
        return fail_usage("missing", "--data DIR");
    }
    int status = find_passphrase(passphrase, &arguments->options);
    if (status != CLI_EXIT_DONE) {
        wipe(passphrase, sizeof(passphrase));
        return status;
    }
    if (strcmp(arguments->command, "init") == 0 && arguments->operand_count == 0) {
        status = give(mirsal_server_init(&text, &arguments->options, &err), &text, &err);
    } else {
        mirsal_code rc = mirsal_server_open(&server, &arguments->options, &err);
        wipe(passphrase, sizeof(passphrase)); /* the server has its own */
        status = rc == MIRSAL_OK ? with_server(server, arguments) : report(rc, &err);
        mirsal_server_close(server);
    }
    wipe(passphrase, sizeof(passphrase));
    return status;
}

int main(int argc, char **argv)
{
    struct arguments arguments = { .options = MIRSAL_SERVER_OPTIONS_INIT };
    harden_process();
    int status = parse(&arguments, argc, argv);
    if (status == CLI_EXIT_DONE) {
        status = load_config(&arguments);
    }
    if (status == CLI_EXIT_DONE && arguments.config != NULL) {
        status = parse(&arguments, argc, argv);
    }
    if (status == CLI_EXIT_DONE) {
        status = dispatch(&arguments);
    }
    for (int i = 0; i < arguments.kept_count; i++) {
        free(arguments.kept[i]);
    }
    return status;
}
