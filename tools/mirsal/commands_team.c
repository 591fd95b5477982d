/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/commands_team.c - the table's rows of teams, relays, invites and devices.
 */
#include "commands_tables.h"

static const struct cli_option no_options[] = { CLI_LAST };

static const struct cli_option team_create_options[] = {
    { "--recovery", "FILE", CLI_FILE, CLI_REQUIRED, "the root key goes here, sealed" },
    { "--shares", "K/N", CLI_TEXT, 0, "as N shares FILE.1 …, any K of which rebuild it" },
    { "--recovery-passphrase-file", "FILE", CLI_FILE, 0, "the recovery file's passphrase" },
    { "--label", "TEXT", CLI_TEXT, 0, "what others see as this device's name" },
    { "--schema", "FILE", CLI_FILE, 0, "the team's form: what it adds to the built-in one" },
    { "--kdf-ms", "N", CLI_COUNT, 0, "time that opening the store may take; default 500" },
    { "--insecure-no-passphrase", NULL, CLI_FLAG, 0, "keys lie unsealed on this device" },
    CLI_LAST,
};

static const struct cli_option team_drill_options[] = {
    { "--recovery-passphrase-file", "FILE", CLI_FILE, 0, "the recovery file's passphrase" },
    CLI_LAST,
};

static const struct cli_option recover_options[] = {
    { "--recovery", "FILE", CLI_FILE, 0, "the root key is written here anew, sealed" },
    { "--shares", "K/N", CLI_TEXT, 0, "as N shares FILE.1 …, any K of which rebuild it" },
    { "--admin", NULL, CLI_FLAG, 0, "this device becomes an admin, by root's word" },
    { "--person", "NAME", CLI_TEXT, 0, "whose device it is; without, the founder's" },
    { "--recovery-passphrase-file", "FILE", CLI_FILE, 0, "the recovery file's passphrase" },
    { "--new-recovery-passphrase-file", "FILE", CLI_FILE, 0, "that of the file to be written" },
    { "--kdf-ms", "N", CLI_COUNT, 0, "time that opening the new file may take; default 500" },
    CLI_LAST,
};

static const struct cli_option device_role_options[] = {
    { "--root", "FILE", CLI_FILE, CLI_REPEATED, "recovery file or shares: to and from admin" },
    { "--person", "NAME", CLI_TEXT, 0, "whose device it is; an admin's without: the founder's" },
    { "--recovery-passphrase-file", "FILE", CLI_FILE, 0, "the recovery file's passphrase" },
    CLI_LAST,
};

static const struct cli_option schema_extend_options[] = {
    { "--root", "FILE", CLI_FILE, CLI_REPEATED, "recovery file or shares: root may loosen" },
    { "--recovery-passphrase-file", "FILE", CLI_FILE, 0, "the recovery file's passphrase" },
    CLI_LAST,
};

static const struct cli_option device_cut_options[] = {
    { "--reason", "lost|hostile|retired", CLI_CHOICE, CLI_REQUIRED, "why its later work stops" },
    { "--at", "COMPARTMENT:SEQ", CLI_TEXT, CLI_REPEATED, "cut this chain after that number" },
    { "--text", "TEXT", CLI_TEXT, 0, "a word on it, sealed to readers of main" },
    { "--root", "FILE", CLI_FILE, CLI_REPEATED, "recovery file or shares: to cut an admin" },
    { "--recovery-passphrase-file", "FILE", CLI_FILE, 0, "the recovery file's passphrase" },
    CLI_LAST,
};

static const struct cli_option device_unfreeze_options[] = {
    { "--root", "FILE", CLI_FILE, CLI_REQUIRED | CLI_REPEATED, "the recovery file, or each share" },
    { "--recovery-passphrase-file", "FILE", CLI_FILE, 0, "the recovery file's passphrase" },
    CLI_LAST,
};

static const struct cli_option relay_add_options[] = {
    { "--token", "T", CLI_TEXT, CLI_REQUIRED, "the relay's registration token" },
    CLI_LAST,
};

static const struct cli_option invite_options[] = {
    { "--role", "coordinator|monitor|observer", CLI_CHOICE, CLI_REQUIRED, "what the device may" },
    { "--label", "TEXT", CLI_TEXT, 0, "whom the invite is for" },
    { "--uses", "N", CLI_COUNT, 0, "how many devices may join with it; default 1" },
    { "--expires", "SPAN", CLI_SPAN, 0, "such as 12h, 7d, 2w; default 7d" },
    { "--protected", NULL, CLI_FLAG, 0, "may read the protected compartment" },
    { "--in-person", NULL, CLI_FLAG, 0, "handed over face to face: keys need no admit" },
    CLI_LAST,
};

static const struct cli_option epoch_rotate_options[] = {
    { "--compartment", "NAME", CLI_TEXT, 0, "name or number; default main" },
    { "--no-history", NULL, CLI_FLAG, 0, "who comes later reads from here on alone" },
    CLI_LAST,
};

static const struct cli_option join_options[] = {
    { "--label", "TEXT", CLI_TEXT, 0, "what others see as this device's name" },
    { "--write-only", NULL, CLI_FLAG, 0, "this device cannot read back what it sent" },
    { "--schema", "FILE", CLI_FILE, 0, "the form that the team was made with" },
    { "--kdf-ms", "N", CLI_COUNT, 0, "time that opening the store may take; default 500" },
    { "--insecure-no-passphrase", NULL, CLI_FLAG, 0, "keys lie unsealed on this device" },
    { "--force", NULL, CLI_FLAG, 0, "a monitor's device without a passphrase, all the same" },
    CLI_LAST,
};

const struct cli_command cli_team_commands[] = {
    [CLI_TEAM_CREATE] = { "team create", "NAME", 1, 1, team_create_options, "help team create",
        "Makes a store and a team: this device becomes its founding admin. The root key is\n"
        "sealed into the recovery file; keep that file and its passphrase away from the device.\n"
        "With --shares it becomes FILE.1 to FILE.N, each a text that can be typed and a QR code,\n"
        "without a passphrase: any K act as root, fewer tell nothing; give each to someone else.\n"
        "At a terminal you are asked to prove that recovery works; later `team drill` does so.",
        "mirsal team create Nour --recovery share --shares 2/3\n"
        "mirsal team create \"Harm documentation, Idlib\" --recovery recovery.mirsal\n"
        "mirsal --json team create Nour --recovery r --passphrase-file p --kdf-ms 200\n" },
    [CLI_TEAM_SHOW] = { "team show", "", 0, 0, no_options, "help team show", NULL,
        "mirsal team show\n" },
    [CLI_TEAM_DRILL] = { "team drill", "FILE…", 1, 17, team_drill_options, "help team drill",
        "Proves that a recovery file or shares open the root key; `-` reads shares from standard\n"
        "input. With a store also that it is its team's root, and the store notes the time.\n"
        "Exit 4, with the reason, when it does not open.",
        "mirsal team drill recovery.mirsal\nmirsal team drill share.1 share.3\n" },
    [CLI_RECOVER] = { "recover", "FILE…", 1, 17, recover_options, "help recover",
        "Rebuilds the root key from a recovery file or shares (`-`: typed), in any store of the\n"
        "team that no other program holds. --recovery writes it anew, as a file with its own\n"
        "passphrase or as new shares; earlier ones go on working, destroy them. --admin makes\n"
        "this device an admin, for a team whose admins are all lost.",
        "mirsal recover share.1 share.3 --recovery recovery.mirsal\n"
        "mirsal recover recovery.mirsal --admin --person Amal\n"
        "mirsal recover recovery.mirsal --recovery share --shares 3/5\n" },
    [CLI_RELAY_ADD] = { "relay add", "URL#KEY", 1, 1, relay_add_options, "help relay add",
        "Names a relay by the address with key that `mirsald init` printed. The team is\n"
        "registered there at once, or at the next sync where it cannot be reached (exit 5).",
        "mirsal relay add https://relay.example.org#KEY --token T\n" },
    [CLI_RELAY_LIST] = { "relay list", "", 0, 0, no_options, "help relay list", NULL,
        "mirsal relay list\n" },
    [CLI_INVITE] = { "invite", "", 0, 0, invite_options, "help invite",
        "Prints an invite and, on a terminal, its QR code. Whoever holds it may join: hand it\n"
        "over by a channel that you trust. A reader's keys are delivered after `device admit`,\n"
        "or at once with --in-person.",
        "mirsal invite --role monitor --label Amal --in-person\n"
        "mirsal invite --role coordinator --protected --expires 12h\n" },
    [CLI_INVITE_LIST] = { "invite list", "", 0, 0, no_options, "help invite list", NULL,
        "mirsal invite list\n" },
    [CLI_INVITE_REVOKE] = { "invite revoke", "INVITE", 1, 1, no_options, "help invite revoke",
        "INVITE is its id as `invite list` prints it, or a unique beginning of 6 digits or more.",
        "mirsal invite revoke 3fa94c\n" },
    [CLI_JOIN] = { "join", "INVITE", 1, 1, join_options, "help join",
        "Makes a store for a new device of the invite's team. Needs no network: it can record\n"
        "at once; the next sync announces it.",
        "mirsal join mirsal1… --label \"Amal's phone\"\n" },
    [CLI_DEVICE_LIST] = { "device list", "", 0, 0, no_options, "help device list", NULL,
        "mirsal device list\nmirsal --json device list\n" },
    [CLI_DEVICE_SHOW] = { "device show", "DEVICE", 1, 1, no_options, "help device show", NULL,
        "mirsal device show 7c01d2\n" },
    [CLI_DEVICE_ADMIT] = { "device admit", "DEVICE", 1, 1, no_options, "help device admit",
        "Settles a join after its fingerprint was compared; keys go out with the next sync.",
        "mirsal device admit 7c01d2\n" },
    [CLI_DEVICE_ROLE] = { "device role", "DEVICE ROLE", 2, 2, device_role_options,
        "help device role",
        "ROLE is observer, monitor, coordinator or admin. To and from admin root's word is\n"
        "needed: --root names the recovery file, or each share. A lesser role cuts the device's\n"
        "work after the last that this store holds or a receipt names; `device adopt` brings\n"
        "honest late work back.",
        "mirsal device role 7c01d2 coordinator\n"
        "mirsal device role 7c01d2 admin --root share.1 --root share.2 --person Amal\n" },
    [CLI_DEVICE_CUT] = { "device cut", "DEVICE", 1, 1, device_cut_options, "help device cut",
        "What the device wrote later is quarantined everywhere: kept and relayed, neither shown\n"
        "nor counted. Each chain without --at is cut after the last changeset that this store\n"
        "holds or a receipt names; COMPARTMENT is a number, a name, or control. Shows\n"
        "what is kept, what is quarantined, and which epochs to turn. An admin is cut by root's\n"
        "word: --root names the recovery file, or each share.",
        "mirsal device cut 7c01d2 --reason lost\n"
        "mirsal device cut 7c01d2 --reason hostile --at main:40 --at protected:0\n"
        "mirsal device cut 7c01d2 --reason lost --root share.1 --root share.2\n" },
    [CLI_DEVICE_ADOPT] = { "device adopt", "DEVICE [CHANGESET…]", 1, 65536, no_options,
        "help device adopt",
        "Work of a device that a cut or a fork put into quarantine counts again: all that is held\n"
        "here, or the changesets named as `log` prints them. After a hostile cut only an admin's\n"
        "adopt reaches it.",
        "mirsal device adopt 7c01d2\nmirsal device adopt 7c01d2 93017c8618f8\n" },
    [CLI_DEVICE_FREEZE] = { "device freeze", "DEVICE", 1, 1, no_options, "help device freeze",
        "Suspends what an admin says from now on, until root decides: `device unfreeze`, or\n"
        "`device cut --root`. Reports are never frozen.",
        "mirsal device freeze 7c01d2\n" },
    [CLI_DEVICE_UNFREEZE] = { "device unfreeze", "DEVICE", 1, 1, device_unfreeze_options,
        "help device unfreeze", NULL, "mirsal device unfreeze 7c01d2 --root recovery.mirsal\n" },
    [CLI_DEVICE_VERIFY] = { "device verify", "DEVICE", 1, 1, no_options, "help device verify",
        "Says that two people compared the six words of a device, read aloud to each other: those "
        "its own `device list` or `join` shows and those shown here. An admin's word admits and "
        "confirms it for the team; any other device keeps it for itself.",
        "mirsal device show 7c01d2\nmirsal device verify 7c01d2\n" },
    [CLI_EPOCH_ROTATE] = { "epoch rotate", "", 0, 0, epoch_rotate_options, "help epoch rotate",
        "A new key for what is written from now on, for those who may read today. An admin's\n"
        "device does so by itself at a sync: when a reader was cut or lost the right to read,\n"
        "and every 180 days. Writers turn to it when another reader has confirmed it.",
        "mirsal epoch rotate\nmirsal epoch rotate --compartment protected --no-history\n" },
    [CLI_COMPARTMENT_ADD] = { "compartment add", "NAME", 1, 1, no_options, "help compartment add",
        "Records that only those read whom an admin grants it; this device does. Its name is\n"
        "told to those who read main; others write it by its number.",
        "mirsal compartment add Idlib\nmirsal add incident --compartment Idlib title=…\n" },
    [CLI_COMPARTMENT_GRANT] = { "compartment grant", "NAME DEVICE", 2, 2, no_options,
        "help compartment grant",
        "NAME is a name or a number, protected too. What was written before becomes readable as\n"
        "well, unless an epoch was made without the history.",
        "mirsal compartment grant Idlib 7c01d2\n" },
    [CLI_COMPARTMENT_REVOKE] = { "compartment revoke", "NAME DEVICE", 2, 2, no_options,
        "help compartment revoke",
        "The epoch is turned: the device reads nothing new. What it has read it keeps.",
        "mirsal compartment revoke Idlib 7c01d2\n" },
    [CLI_SCHEMA_SHOW] = { "schema show", "", 0, 0, no_options, "help schema show",
        "Types, fields and policies in use; with --json the whole form.",
        "mirsal schema show\nmirsal --json schema show > form.json\n" },
    [CLI_SCHEMA_EXTEND] = { "schema extend", "FILE", 1, 1, schema_extend_options,
        "help schema extend",
        "Adds types, fields, vocabularies and codes for the whole team; nothing that is there "
        "changes its meaning. FILE is a whole form of a higher version, or what is new: "
        "{\"extends\":1,\"types\":[{\"name\":\"incident\",\"fields\":[...]}]}.",
        "mirsal schema extend shelters.json\n" },
};
