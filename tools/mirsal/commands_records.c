/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/commands_records.c - the table's rows of records, reading, review, sync and maintenance.
 */
#include "commands_tables.h"

#define RECORD_TEXT                                                                                \
    "A record is named by its id, a unique beginning of it of 6 digits or more, or @SOURCE_ID."

static const struct cli_option no_options[] = { CLI_LAST };

static const struct cli_option add_options[] = {
    { "--parent", "ID", CLI_TEXT, 0, "fills the field that names the parent record" },
    { "--compartment", "NAME", CLI_TEXT, 0, "main or protected; default: the type's" },
    { "--draft", NULL, CLI_FLAG, 0, "stays on this device until `draft send`" },
    CLI_LAST,
};

static const struct cli_option draft_send_options[] = {
    { "--all", NULL, CLI_FLAG, 0, "every draft" },
    CLI_LAST,
};

static const struct cli_option reason_options[] = {
    { "--reason", "TEXT", CLI_TEXT, CLI_REQUIRED, "why; it is kept with the record" },
    CLI_LAST,
};

static const struct cli_option import_options[] = {
    { "--type", "TYPE", CLI_TEXT, 0, "of lines that do not say one" },
    { "--format", "jsonl", CLI_CHOICE, 0, "JSON Lines" },
    { "--source-id", "FIELD", CLI_TEXT, 0, "the key that holds the source id" },
    { "--dry-run", NULL, CLI_FLAG, 0, "judges every line, writes nothing" },
    CLI_LAST,
};

static const struct cli_option merge_options[] = {
    { "--merge-passphrase-file", "FILE", CLI_FILE, 0, "its first line is that store's passphrase" },
    CLI_LAST,
};

static const struct cli_option show_options[] = {
    { "--history", NULL, CLI_FLAG, 0, "every write of every field" },
    CLI_LAST,
};

static const struct cli_option list_options[] = {
    { "--where", "EXPR", CLI_TEXT, 0, "an SQL expression over the type's view" },
    { "--since", "DATE", CLI_TEXT, 0, "2019, 2019-11 or 2019-11-17; inclusive" },
    { "--until", "DATE", CLI_TEXT, 0, "likewise" },
    { "--bbox", "W,S,E,N", CLI_TEXT, 0, "within these degrees" },
    { "--near", "LAT,LON,KM", CLI_TEXT, 0, "within this distance" },
    { "--limit", "N", CLI_COUNT, 0, "no more than these; default: all" },
    { "--sort", "FIELD", CLI_TEXT, 0, "default: date_start, then id" },
    { "--all", NULL, CLI_FLAG, 0, "withdrawn and quarantined records too" },
    CLI_LAST,
};

static const struct cli_option changes_options[] = {
    { "--since", "CURSOR", CLI_TEXT, 0, "the cursor of an earlier line" },
    { "--follow", NULL, CLI_FLAG, 0, "goes on until SIGINT or SIGTERM" },
    CLI_LAST,
};

static const struct cli_option bundle_export_options[] = {
    { "--to", "DEVICE", CLI_TEXT, 0, "for this device alone, with what it may hold" },
    { "--all-readers", NULL, CLI_FLAG, 0, "for all devices that may read; the default" },
    { "--bundle-passphrase-file", "F", CLI_FILE, 0, "for whoever has the passphrase in F" },
    { "--since", "FRONTIER_FILE", CLI_FILE, 0, "without what the device that wrote it holds" },
    { "--media", "all|thumbnails|none", CLI_CHOICE, 0, "accepted; no media is kept yet" },
    { "--split", "SIZE", CLI_BYTES, 0, "parts of at most this size (k, M, G); 128k at least" },
    CLI_LAST,
};

static const struct cli_option bundle_import_options[] = {
    { "--bundle-passphrase-file", "F", CLI_FILE, 0, "the passphrase, where it has one" },
    { "--frontier", "OUT", CLI_FILE, 0, "writes for its maker what is held now: a --since" },
    CLI_LAST,
};

static const struct cli_option sync_options[] = {
    { "--relay", "URL", CLI_TEXT, 0, "this one, or all; default: in turn until one answers" },
    { "--peer", "ADDR", CLI_TEXT, 0, "a device of the team that serves: http://HOST:PORT#KEY" },
    { "--budget", "BYTES", CLI_BYTES, 0, "of all HTTP both ways, such as 3000 or 2M" },
    { "--media", "all|thumbnails|none", CLI_CHOICE, 0, "what to fetch; own media always go out" },
    { "--proxy", "URL", CLI_TEXT, 0,
        "http://HOST:PORT, socks5h://HOST:PORT; default: environment" },
    { "--watch", NULL, CLI_FLAG, 0, "again and again until SIGINT or SIGTERM" },
    { "--interval", "SPAN", CLI_SPAN, 0, "of --watch; default 15s; failures lengthen it" },
    { "--moved", NULL, CLI_FLAG, 0, "the store was moved here: it signs when no relay has newer" },
    CLI_LAST,
};

static const struct cli_option serve_options[] = {
    { "--listen", "HOST:PORT", CLI_TEXT, CLI_REQUIRED, "port 0: any free one; 0.0.0.0: all" },
    CLI_LAST,
};

static const struct cli_option conflicts_options[] = {
    { "--all", NULL, CLI_FLAG, 0, "beyond contradictory values and withdrawals" },
    CLI_LAST,
};

static const struct cli_option resolve_options[] = {
    { "--pick", "N", CLI_COUNT, 0, "the value that `conflicts` numbers so" },
    { "--value", "V", CLI_TEXT, 0, "another value, as on the command line" },
    { "--reason", "TEXT", CLI_TEXT, CLI_REQUIRED, "why; it is kept with the record" },
    CLI_LAST,
};

static const struct cli_option assess_options[] = {
    { "--field", "F", CLI_TEXT, CLI_REQUIRED, "the field or figure that is judged" },
    { "--value", "V", CLI_TEXT, 0, "the judgement, or:" },
    { "--min", "N", CLI_TEXT, 0, "least" },
    { "--max", "N", CLI_TEXT, 0, "most" },
    { "--best", "N", CLI_TEXT, 0, "best estimate" },
    { "--reject", "CLAIM=REASON", CLI_TEXT, CLI_REPEATED, "a claim that does not count" },
    { "--reason", "TEXT", CLI_TEXT, CLI_REQUIRED, "why" },
    CLI_LAST,
};

static const struct cli_option tally_options[] = {
    { "--by", "FIELD,…", CLI_TEXT, 0,
        "place, governorate, actor, source, event_type, month, grading" },
    { "--since", "DATE", CLI_TEXT, 0, "2019, 2019-11 or 2019-11-17; inclusive" },
    { "--until", "DATE", CLI_TEXT, 0, "likewise" },
    { "--where", "EXPR", CLI_TEXT, 0, "an SQL expression over incident" },
    { "--grading", "G,…", CLI_TEXT, 0, "incidents of these gradings alone" },
    CLI_LAST,
};

static const struct cli_option purge_options[] = {
    { "--reason", "TEXT", CLI_TEXT, CLI_REQUIRED, "why, sealed to readers of main" },
    { "--root", "FILE", CLI_FILE, CLI_REPEATED, "recovery file or shares: it is ordered at once" },
    { "--recovery-passphrase-file", "FILE", CLI_FILE, 0, "the recovery file's passphrase" },
    CLI_LAST,
};

static const struct cli_option purge_root_options[] = {
    { "--root", "FILE", CLI_FILE, CLI_REPEATED, "recovery file or shares: root's word" },
    { "--recovery-passphrase-file", "FILE", CLI_FILE, 0, "the recovery file's passphrase" },
    CLI_LAST,
};

static const struct cli_option export_options[] = {
    { "--format", "jsonl", CLI_CHOICE, CLI_REQUIRED, "JSON Lines, one file a type" },
    { "--where", "EXPR", CLI_TEXT, 0, "an SQL expression over incident; children go with it" },
    { "--release", "public|partners|organisation|team|sealed", CLI_CHOICE, 0,
        "records up to this level; without it, partners" },
    { "--include-personal", NULL, CLI_FLAG, 0, "people without their consent too" },
    { "--for-team", NULL, CLI_FLAG, 0, "everything, for the team's own eyes" },
    CLI_LAST,
};

static const struct cli_option org_key_options[] = {
    { "--secret", "OUT", CLI_FILE, 0, "writes the secret key there, under a passphrase" },
    { "--take", "FILE", CLI_FILE, 0, "takes such a file into this store" },
    { "--org-passphrase-file", "FILE", CLI_FILE, 0, "the key file's passphrase is its first line" },
    CLI_LAST,
};

static const struct cli_option handoff_create_options[] = {
    { "--to", "ORG_KEY", CLI_TEXT, CLI_REPEATED, "a recipient: mirsalorg1…" },
    { "--update", "RECEIPT", CLI_FILE, 0, "what is owed to who signed this receipt" },
    { "--where", "EXPR", CLI_TEXT, 0,
        "an SQL expression over incident, 1: all; children go along" },
    { "--withhold", "F,…", CLI_TEXT, 0, "fields that stay: FIELD or TYPE.FIELD" },
    { "--disclose", "F,…", CLI_TEXT, 0, "sensitive fields that go along" },
    { "--include-media", NULL, CLI_FLAG, 0, "media too; this version keeps none" },
    { "--mode", "attested|author", CLI_CHOICE, 0, "author: proves who wrote; default attested" },
    { "--purpose", "TEXT", CLI_TEXT, 0, "what it is for; signed" },
    { "--terms", "TEXT", CLI_TEXT, 0, "on what terms; signed" },
    { "--until", "DATE", CLI_TEXT, 0, "the last day on which it may be kept" },
    { "--release", "LEVEL", CLI_TEXT, 0, "strictest release level that leaves; default partners" },
    { "--court", NULL, CLI_FLAG, 0, "the recipient is a court: consent for courts counts" },
    { "--dry-run", NULL, CLI_FLAG, 0, "tells what would leave, writes nothing" },
    { "--yes", NULL, CLI_FLAG, 0, "without asking about what was pointed out" },
    CLI_LAST,
};

static const struct cli_option handoff_verify_options[] = {
    { "--html", "OUT", CLI_FILE, 0, "writes a summary to print" },
    { "--from", "TEAM", CLI_TEXT, 0, "the origin: the start of its id, or its six words" },
    { "--org-key-file", "FILE", CLI_FILE, 0, "the recipient's secret key; needs no store" },
    { "--org-passphrase-file", "FILE", CLI_FILE, 0, "the key file's passphrase is its first line" },
    CLI_LAST,
};

static const struct cli_option handoff_accept_options[] = {
    { "--receipt", "OUT", CLI_FILE, 0, "writes the receipt that goes back" },
    { "--from", "TEAM", CLI_TEXT, 0, "the origin: the start of its id, or its six words" },
    CLI_LAST,
};

static const struct cli_option verify_options[] = {
    { "--deep", NULL, CLI_FLAG, 0, "pages of the database too, and tables against a rebuild" },
    CLI_LAST,
};

static const struct cli_option restore_options[] = {
    { "--invite", "INVITE", CLI_TEXT, 0, "joins with it at once, as a new device" },
    { "--label", "TEXT", CLI_TEXT, 0, "what others see as that device's name" },
    { "--kdf-ms", "N", CLI_COUNT, 0, "time that opening the store may take; default 500" },
    CLI_LAST,
};

static const struct cli_option bench_options[] = {
    { "--records", "N", CLI_COUNT, 0, "that many reports in place of 1,000 and 10,000" },
    { "--rows", "N", CLI_COUNT, 0, "print the generated reports as JSON Lines instead" },
    { "--sql", "N", CLI_COUNT, 0, "print them as SQL for sqlite3 instead" },
    CLI_LAST,
};

static const struct cli_option passphrase_change_options[] = {
    { "--new-passphrase-file", "FILE", CLI_FILE, 0, "the new passphrase is its first line" },
    { "--kdf-ms", "N", CLI_COUNT, 0, "the first passphrase: time to open; default 500" },
    CLI_LAST,
};

static const struct cli_option passphrase_duress_options[] = {
    { "--duress-passphrase-file", "FILE", CLI_FILE, 0, "the duress passphrase is its first line" },
    { "--name", "TEXT", CLI_TEXT, 0, "the decoy's team; default Notes" },
    { "--label", "TEXT", CLI_TEXT, 0, "the decoy's device" },
    { "--remove", NULL, CLI_FLAG, 0, "no duress passphrase from here on" },
    CLI_LAST,
};

static const struct cli_option wipe_options[] = {
    { "--yes", NULL, CLI_FLAG, 0, "without asking" },
    CLI_LAST,
};

const struct cli_command cli_record_commands[] = {
    [CLI_ADD] = { "add", "TYPE [FIELD=VALUE]…", 1, CLI_MANY, add_options, "help add",
        "One record, signed, sealed and durable when it returns. A bare text is in the language\n"
        "$MIRSAL_LANG, else und; title:ar=… names one. FIELD= says that it is not known.",
        "mirsal add incident date_start=2019-11-17 place=@demo:P1 'title:en=Airstrike'\n"
        "mirsal add incident 'title:ar=غارة جوية على الملاجة' means=airstrike\n"
        "mirsal add casualty --parent @demo:I1 outcome=killed min=5 max=5 quality=exact\n"
        "mirsal add incident 'title:en=Airstrike' --draft\n" },
    [CLI_DRAFT_LIST] = { "draft list", "", 0, 0, no_options, "help draft list",
        "Drafts stand in no list, search, export or digest until they are sent.",
        "mirsal draft list\nmirsal --json draft list\n" },
    [CLI_DRAFT_SEND] = { "draft send", "[DRAFT]", 0, 1, draft_send_options, "help draft send",
        "Signs and seals a draft, with the drafts above it and below it; the next sync carries\n"
        "them. The record has the draft's id.",
        "mirsal draft send 0193a5\nmirsal draft send --all\n" },
    [CLI_DRAFT_DROP] = { "draft drop", "DRAFT", 1, 1, no_options, "help draft drop",
        "Removes a draft, and the drafts below it.", "mirsal draft drop 0193a5\n" },
    [CLI_EDIT] = { "edit", "ID FIELD=VALUE…", 2, CLI_MANY, no_options, "help edit",
        RECORD_TEXT "\nA field that is written once makes a new record; its id is the answer's.",
        "mirsal edit @demo:I3 date_start=2019-11-16/2019-11-17\n"
        "mirsal edit 0193a5 means+=artillery means-=rocket\n" },
    [CLI_WITHDRAW] = { "withdraw", "ID", 1, 1, reason_options, "help withdraw", RECORD_TEXT,
        "mirsal withdraw @demo:C9 --reason \"recorded twice\"\n" },
    [CLI_IMPORT] = { "import", "FILE|-", 1, 1, import_options, "help import",
        "Bad lines are reported and do not stop the rest (exit 3). The same source id again is\n"
        "an update.",
        "mirsal import incidents.jsonl\n"
        "xzcat old.jsonl.xz | mirsal import - --type incident --dry-run\n" },
    [CLI_MERGE] = { "merge", "PATH", 1, 1, merge_options, "help merge",
        "PATH is the folder of another store, which is read with its passphrase and left as\n"
        "it is; this store's own passphrase is tried where none is given for it. Of this team's\n"
        "store every changeset is verified as if a peer had sent it. Of another team's store\n"
        "every record that it can read is imported with its origin, by a coordinator; only\n"
        "merging again changes it. Exit 3: conflicts opened, something was quarantined, does\n"
        "not verify or was not taken, a relay contradicts itself, or the other team purged\n"
        "records that are here.",
        "mirsal merge /media/laptop/mirsal\n"
        "MIRSAL_MERGE_PASSPHRASE='its own' mirsal merge /media/laptop/mirsal\n" },
    [CLI_SHOW] = { "show", "ID", 1, 1, show_options, "help show", RECORD_TEXT,
        "mirsal show @demo:I1\nmirsal --json show 0193a5 --history\n" },
    [CLI_LIST] = { "list", "TYPE", 1, 1, list_options, "help list", NULL,
        "mirsal list incident --since 2019-11 --until 2019-11\n"
        "mirsal list incident --near 35.86,36.81,20 --limit 10\n"
        "mirsal list casualty --where \"outcome = 'killed' AND min > 3\"\n" },
    [CLI_SEARCH] = { "search", "TEXT…", 1, CLI_MANY, no_options, "help search",
        "Words in titles, summaries, names and quotations; forms of Arabic letters are folded.",
        "mirsal search الملاجة\nmirsal search Saraqeb market\n" },
    [CLI_CHANGES] = { "changes", "", 0, 0, changes_options, "help changes",
        "What changed since a cursor; each line carries the next.",
        "mirsal --json changes --since CURSOR\nmirsal changes --follow\n" },
    [CLI_SYNC] = { "sync", "", 0, 0, sync_options, "help sync",
        "Sends what is unsent and fetches what is new until neither side has more. Exit 3: a\n"
        "person is needed; exit 5: no relay could be reached, and the work is kept.",
        "mirsal sync\nmirsal sync --budget 200k --proxy socks5h://127.0.0.1:9050\n"
        "mirsal sync --watch --interval 5m\n"
        "mirsal sync --peer http://192.168.1.7:8441#KEY\n" },
    [CLI_SERVE] = { "serve", "", 0, 0, serve_options, "help serve",
        "Lets devices of the team that are near sync with this store, without any relay, until\n"
        "SIGINT or SIGTERM. Prints the address with this device's key, and its QR code: show it\n"
        "to the other device, which runs sync --peer.",
        "mirsal serve --listen 192.168.1.7:8441\nmirsal --json serve --listen 0.0.0.0:0\n" },
    [CLI_STATUS] = { "status", "", 0, 0, no_options, "help status", NULL,
        "mirsal status\nmirsal --json status\n" },
    [CLI_CONFLICTS] = { "conflicts", "", 0, 0, conflicts_options, "help conflicts",
        "The review queue. Each item says how to settle it.",
        "mirsal conflicts\nmirsal --json conflicts --all\n" },
    [CLI_RESOLVE] = { "resolve", "ID FIELD", 2, 2, resolve_options, "help resolve", RECORD_TEXT,
        "mirsal resolve @demo:I3 date --pick 2 --reason \"The register says the 16th\"\n"
        "mirsal resolve @demo:I3 date --value 2019-11-16 --reason \"The register\"\n" },
    [CLI_ASSESS] = { "assess", "ID", 1, 1, assess_options, "help assess",
        "A signed judgement on one field or figure; claims are never edited.",
        "mirsal assess @demo:I1 --field killed --min 5 --max 5 \\\n"
        "    --reject @demo:C9=mis_scoped --reason \"A headline of the whole day\"\n" },
    [CLI_TALLY] = { "tally", "", 0, 0, tally_options, "help tally",
        "Casualties counted over clusters, min-best-max, with the records behind each number.",
        "mirsal tally --by place\nmirsal tally --by actor,month --since 2019-11\n" },
    [CLI_EXPORT] = { "export", "OUT", 1, 1, export_options, "help export",
        "Makes the folder OUT with a file for each type, and manifest.json. People without their\n"
        "consent, records past their release level and fields that endanger people are left out;\n"
        "the manifest counts them.",
        "mirsal export --format jsonl november --where \"date_start >= '2019-11-01'\"\n" },
    [CLI_PURGE] = { "purge", "ID", 1, 1, purge_options, "help purge",
        "For a witness in danger. The record is hidden everywhere at once, and every body that\n"
        "says something of it is named. It is destroyed on every replica and relay when another\n"
        "person approves, or root: --root names the recovery file, or each share; and when the\n"
        "team's period has passed, 30 days by default. Until then `purge lift` brings it back.\n"
        "What hangs from the record alone goes with it; what stays is listed. Edits that come\n"
        "later are void and go as well: an admin's device names them when it syncs. No order\n"
        "reaches exports, handoffs, printed pages, backups and bundles on sticks. Other records\n"
        "that tell of the same person are purged by themselves.",
        "mirsal purge 01996f3a --reason \"threatened since Monday\"\n"
        "mirsal purge 01996f3a --reason \"by court order\" --root recovery.mirsal\n" },
    [CLI_PURGE_APPROVE] = { "purge approve", "PURGE", 1, 1, purge_root_options,
        "help purge approve",
        "A second person's word: an admin whom root named as another person than those who have\n"
        "spoken (`device role --person`). Two devices of one person have one word.",
        "mirsal purge approve 5be0cd19\n" },
    [CLI_PURGE_LIFT] = { "purge lift", "PURGE", 1, 1, purge_root_options, "help purge lift",
        "The record is shown and counts again, with what is still held of it. An admin's word is\n"
        "enough; what root ordered root lifts. It is for good: a new order has a new id.",
        "mirsal purge lift 5be0cd19\n" },
    [CLI_PURGE_LIST] = { "purge list", "", 0, 0, no_options, "help purge list", NULL,
        "mirsal purge list\nmirsal --json purge list\n" },
    [CLI_ORG_KEY] = { "org key", "", 0, 0, org_key_options, "help org key",
        "Prints the key that others seal handoffs to, and makes it at the first call. --secret\n"
        "writes its other half for further devices of the organisation, or for a lawyer who\n"
        "verifies without a store; its passphrase is $MIRSAL_ORG_PASSPHRASE, the file's first\n"
        "line, or asked.",
        "mirsal org key\nmirsal org key --secret court.key\nmirsal org key --take court.key\n" },
    [CLI_HANDOFF_CREATE] = { "handoff create", "FILE", 1, 1, handoff_create_options,
        "help handoff create",
        "Incidents with their children and what these name, for other organisations, with proofs.\n"
        "What is sensitive stays unless named, personal data leaves by consent alone. Free text\n"
        "that looks like a telephone number, an account or coordinates is pointed out on stderr\n"
        "before the file is written; at a terminal you are asked whether it leaves. --to and\n"
        "--where are needed, but not with --update.",
        "mirsal handoff create court.handoff --to mirsalorg1… --where \"governorate = 'Idlib'\"\n"
        "mirsal handoff create all.handoff --to mirsalorg1… --where 1 --mode author\n"
        "mirsal handoff create more.handoff --to mirsalorg1… --update court.receipt\n" },
    [CLI_HANDOFF_VERIFY] = { "handoff verify", "FILE", 1, 1, handoff_verify_options,
        "help handoff verify",
        "Needs the file and the organisation's key and nothing else. Exit 4 names the reason.",
        "mirsal handoff verify court.handoff --from 'babi dola …' --html court.html\n"
        "mirsal handoff verify court.handoff --org-key-file court.key\n" },
    [CLI_HANDOFF_ACCEPT] = { "handoff accept", "FILE", 1, 1, handoff_accept_options,
        "help handoff accept",
        "Verifies it, then imports its records with their origin. An update changes what was\n"
        "accepted before. Exit 3: something was refused, a conflict opened, or the origin purged\n"
        "records that are to be deleted here.",
        "mirsal handoff accept from-nour.handoff --receipt to-nour.receipt\n" },
    [CLI_HANDOFF_RECEIPT] = { "handoff receipt", "FILE", 1, 1, no_options, "help handoff receipt",
        "Checks that the recipient signed for what this store handed over, and keeps it.",
        "mirsal handoff receipt to-nour.receipt\n" },
    [CLI_HANDOFF_LIST] = { "handoff list", "[ID]", 0, 1, no_options, "help handoff list",
        "What is owed: records that were handed over and corrected, withdrawn or purged since.",
        "mirsal handoff list\nmirsal --json handoff list 67cf36\n" },
    [CLI_LOG] = { "log", "[ID]", 0, 1, no_options, "help log",
        "Every changeset held, as it came. Of a record, by its id or @SOURCE_ID: its timeline.\n"
        "Of a changeset, by its id or the first 6 digits or more of it: who holds it.",
        "mirsal log\nmirsal log @demo:I1\nmirsal log 93017c8618f8\n" },
    [CLI_VERIFY] = { "verify", "", 0, 0, verify_options, "help verify",
        "Every signature, chain and root. Exit 1: a damaged page; exit 4: a signature, a chain\n"
        "or a root does not verify.",
        "mirsal verify\nmirsal verify --deep\n" },
    [CLI_REBUILD] = { "rebuild", "", 0, 0, no_options, "help rebuild", NULL, "mirsal rebuild\n" },
    [CLI_PASSPHRASE_CHANGE] = { "passphrase change", "", 0, 0, passphrase_change_options,
        "help passphrase change",
        "Seals the store's keys with another passphrase: $MIRSAL_NEW_PASSPHRASE, the file's\n"
        "first line, or asked twice. A duress passphrase and a limit stay as they are.",
        "mirsal passphrase change\nmirsal passphrase change --new-passphrase-file p2\n" },
    [CLI_PASSPHRASE_DURESS] = { "passphrase duress", "", 0, 0, passphrase_duress_options,
        "help passphrase duress",
        "Sets a second passphrase ($MIRSAL_DURESS_PASSPHRASE, a file, or asked twice). Who opens\n"
        "the store with it destroys it for good, and finds an empty one of another team.",
        "mirsal passphrase duress --name \"Recipes\" --label phone\n"
        "mirsal passphrase duress --remove\n" },
    [CLI_PASSPHRASE_LIMIT] = { "passphrase limit", "N", 1, 1, no_options, "help passphrase limit",
        "After N wrong passphrases in a row the store is destroyed. 0, as at first: never.",
        "mirsal passphrase limit 10\nmirsal passphrase limit 0\n" },
    [CLI_WIPE] = { "wipe", "", 0, 0, wipe_options, "help wipe",
        "Destroys the store on this device for good: its keys first, then everything else. Needs\n"
        "no passphrase, and works while the store is in use. What only it holds is lost.",
        "mirsal wipe\nmirsal wipe --yes\n" },
    [CLI_BACKUP] = { "backup", "FILE", 1, 1, no_options, "help backup",
        "One moment of the store, sealed by its passphrase, while others go on writing. It holds\n"
        "nothing that signs. A backup that is there is replaced once the new one is whole.",
        "mirsal backup /media/stick/november.backup\n" },
    [CLI_RESTORE] = { "restore", "FILE", 1, 1, restore_options, "help restore",
        "The passphrase is the backup's. The whole file is verified before the store appears\n"
        "(else exit 4). The store reads at once; it signs as a new device after an invite, given\n"
        "here or to `mirsal join` later.",
        "mirsal restore november.backup\nmirsal restore november.backup --invite mirsal1…\n" },
    [CLI_BUNDLE_EXPORT] = { "bundle export", "FILE", 1, 1, bundle_export_options,
        "help bundle export",
        "What a sync would carry, sealed to one device, to all that may read (the default), or by\n"
        "a passphrase. --since takes a bundle that came from the other side, or what\n"
        "`bundle import --frontier` wrote there, and leaves out what its device holds. Parts are\n"
        "FILE.001, FILE.002, …, each of use alone; an export in parts that was interrupted goes\n"
        "on when it is given again. This version keeps no media: --media changes nothing.",
        "mirsal bundle export /media/stick/to-all.mirsal\n"
        "mirsal bundle export reply.mirsal --to 3fa2c1 --since from-3fa2c1.mirsal\n"
        "mirsal bundle export /media/card/all.mirsal --split 2G\n" },
    [CLI_BUNDLE_IMPORT] = { "bundle import", "FILE", 1, 1, bundle_import_options,
        "help bundle import",
        "A bundle, a part of one, or the FILE that --split was given: then all parts that stand\n"
        "there. What came whole is used; what was cut off or is missing is named (exit 3). A file\n"
        "that was changed, is sealed to others or is another team's: exit 4. The same file may\n"
        "come again; an import that was interrupted goes on where it stopped.",
        "mirsal bundle import /media/stick/to-all.mirsal\n"
        "mirsal bundle import to-all.mirsal --frontier held.mirsal\n" },
    [CLI_INSPECT] = { "inspect", "FILE|-", 1, 1, no_options, "help inspect",
        "Says what a file of mirsal's is, without opening what is sealed.",
        "mirsal inspect recovery.mirsal\n" },
    [CLI_BENCH] = { "bench", "", 0, 0, bench_options, "help bench",
        "Records generated reports in a store of its own, beside plain SQLite, deflate -9 and\n"
        "Ed25519 on the same rows in the same run; for each floor the command that repeats it.",
        "mirsal bench\nmirsal --json bench --records 100000\n"
        "mirsal bench --rows 10000 | gzip -9 | wc -c\n" },
    [CLI_COMPLETION] = { "completion", "bash", 1, 1, no_options, "help completion", NULL,
        "mirsal completion bash > ~/.local/share/bash-completion/completions/mirsal\n" },
    [CLI_HELP] = { "help", "[COMMAND]", 0, 2, no_options, "help help", NULL,
        "mirsal help\nmirsal help team create\n" },
};
