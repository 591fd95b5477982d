/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/sim/people.c - what people do on a device: record, correct, resolve, withdraw. Each commit
 * goes to the oracle with the writes that this store showed as live, found by the oracle itself.
 */
#include "sim.h"

#include "msgpack.h"
#include "sql.h"
#include "txn.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAVING_WRITES_MAX  24u
#define SAVING_RECORDS_MAX 3u
#define INCIDENT           1u
#define CASUALTY           5u
#define WITHDRAWN          2u /* the field's number within its type */

/* One transaction on its way into the store. changeset of a write: its compartment, until known. */
struct sim_saving {
    struct oracle_record records[SAVING_RECORDS_MAX];
    uint32_t record_count;
    struct oracle_write writes[SAVING_WRITES_MAX];
    uint32_t write_count;
    struct mir_buf values[SAVING_WRITES_MAX];
    struct mir_txn *txn;
    uint8_t *applied;
    int refused; /* a call gave a code */
    mirsal_code code;
    mirsal_error err;
};

static void free_saving(struct sim_device *device)
{
    struct sim_saving *saving = device->saving;
    for (uint32_t i = 0; i < saving->write_count; i++) {
        mir_buf_fini(&saving->values[i]);
    }
    free(saving->applied);
    free(saving);
    device->saving = NULL;
}

static const struct mir_schema_code *draw_code(struct sim_device *device, uint32_t vocabulary_field)
{
    const struct mir_schema_field *field =
        mir_schema_field_by_id(device->store->schema, vocabulary_field);
    const struct mir_schema_vocabulary *vocabulary = field->shape.vocabulary;
    for (int tries = 0; tries < 20; tries++) {
        const struct mir_schema_code *code =
            &vocabulary->codes[sim_draw(device->world, vocabulary->code_count)];
        if (code->rank <= (uint32_t)device->role) {
            return code;
        }
    }
    return NULL;
}

static void write_words(struct sim_device *device, struct mir_buf *out)
{
    static const char *const words[] = { "شارع المدرسة", "north of the school", "two raids",
        "the market", "قرب المشفى", "a barrel bomb", "after noon", "five houses" };
    char text[120];
    uint64_t number = sim_draw(device->world, 1000);
    if (number % 4 == 0) { /* two people may well write the same */
        (void)snprintf(text, sizeof text, "%s %llu", words[number % 8], (unsigned long long)number);
    } else {
        (void)snprintf(text, sizeof text, "%s mark-%06llu", words[number % 8],
            (unsigned long long)++device->world->marks);
    }
    mir_mp_write_str(out, text, strlen(text));
}

static void write_point(struct sim_device *device, struct mir_buf *out)
{
    mir_mp_write_array(out, 4);
    mir_mp_write_int(out, 350000000 + (int64_t)sim_draw(device->world, 10000000));
    mir_mp_write_int(out, 360000000 + (int64_t)sim_draw(device->world, 10000000));
    mir_mp_write_nil(out);
    mir_mp_write_nil(out);
}

/* 0 when this device has nothing to say there. */
static int write_value(struct sim_device *device, uint32_t field, struct mir_buf *out)
{
    const struct mir_schema_code *code = NULL;
    switch (field) {
    case 105:
    case 106:
    case 123:
    case 124:
    case 125:
    case 127:
    case 509:
        code = draw_code(device, field);
        mir_mp_write_uint(out, code != NULL ? code->id : 0);
        return code != NULL;
    case 113:
        write_point(device, out);
        return 1;
    case 115:
    case 515:
        mir_mp_write_uint(out, sim_draw(device->world, 5));
        return 1;
    case 516:
        mir_mp_write_uint(out, 5 + sim_draw(device->world, 300));
        return 1;
    case 522:
        mir_mp_write_uint(out, sim_draw(device->world, 2));
        return 1;
    case 104:
        mir_mp_write_array(out, 1);
        mir_mp_write_array(out, 2);
        write_words(device, out);
        write_words(device, out);
        return 1;
    default:
        write_words(device, out);
        return 1;
    }
}

/* The register's key, and for elements of sets a value of 1 or 0. */
static int write_key(struct sim_device *device,
    uint32_t field,
    int with_record,
    struct oracle_write *write,
    struct mir_buf *value)
{
    struct mir_buf key;
    const struct mir_schema_code *code = NULL;
    mir_buf_init(&key, &device->test.env, ORACLE_KEY_MAX);
    if (field == 121) {
        mir_mp_write_str(&key, sim_draw(device->world, 2) ? "ar" : "en", 2);
    } else if (field == 116) {
        code = draw_code(device, field);
        mir_mp_write_uint(&key, code != NULL ? code->id % 16 : 0);
        code = code == NULL
                   ? NULL
                   : mir_schema_code_by_id(
                         mir_schema_field_by_id(device->store->schema, field)->shape.vocabulary,
                         code->id % 16);
    } else if (field == 120) {
        char text[16];
        (void)snprintf(text, sizeof text, "SN-%u", (unsigned)sim_draw(device->world, 4));
        mir_mp_write_str(&key, text, strlen(text));
    }
    if (field == 116 || field == 120) {
        mir_mp_write_uint(value, with_record ? 1 : sim_draw(device->world, 2));
    }
    write->key_size = key.size;
    if (key.size > 0) {
        memcpy(write->key, key.data, key.size);
    }
    mir_buf_fini(&key);
    return field != 116 || code != NULL;
}

static int is_written(const struct sim_saving *saving, const struct oracle_write *write)
{
    for (uint32_t i = 0; i < saving->write_count; i++) {
        if (oracle_same_register(&saving->writes[i], write)) {
            return 1;
        }
    }
    return 0;
}

static void find_parents(struct sim_device *device, struct oracle_write *write)
{
    const struct sim_saving *saving = device->saving;
    struct oracle_register found;
    oracle_evaluate(&found, &device->world->oracle, saving->applied, write->record, write->field,
        write->key, write->key_size);
    for (uint32_t i = 0; i < found.live_count && i < ORACLE_PARENTS_MAX; i++) {
        write->parents[write->parent_count++] = found.live[i];
    }
}

static const struct oracle_record *record_at(const struct sim_device *device, uint32_t record)
{
    const struct oracle *oracle = &device->world->oracle;
    return record < oracle->record_count ? &oracle->records[record]
                                         : &device->saving->records[record - oracle->record_count];
}

/* Writes one register; value NULL: one is drawn. */
static void say(struct sim_device *device,
    uint32_t record,
    uint32_t field,
    const struct mir_buf *given)
{
    struct sim_saving *saving = device->saving;
    const struct oracle_record *to = record_at(device, record);
    struct oracle_write *write = &saving->writes[saving->write_count];
    struct mir_buf *value = &saving->values[saving->write_count];
    if (saving->refused || saving->write_count == SAVING_WRITES_MAX) {
        return;
    }
    memset(write, 0, sizeof *write);
    mir_buf_init(value, &device->test.env, 1u << 16);
    write->record = record;
    write->field = field;
    write->with_record = record >= device->world->oracle.record_count;
    write->changeset =
        mir_schema_field_compartment(mir_schema_field_by_id(device->store->schema, field), 0);
    int wanted = write_key(device, field, write->with_record, write, value);
    if (given != NULL) {
        mir_buf_append(value, given->data, given->size);
    } else if (value->size == 0) {
        wanted = write_value(device, field, value) && wanted;
    }
    if (!wanted || is_written(saving, write)) {
        mir_buf_fini(value);
        return;
    }
    write->value = value->data;
    write->value_size = value->size;
    if (!write->with_record) {
        find_parents(device, write);
    }
    const struct mir_bytes key = { write->key, write->key_size };
    saving->code =
        mir_txn_write(saving->txn, &to->id, field, key, mir_buf_bytes(value), &saving->err);
    saving->refused = saving->code != MIRSAL_OK;
    saving->write_count++;
}

static uint32_t create(struct sim_device *device, uint32_t type)
{
    struct sim_saving *saving = device->saving;
    struct oracle_record *record = &saving->records[saving->record_count];
    memset(record, 0, sizeof *record);
    record->type = type;
    record->author = device->index;
    saving->code = mir_txn_create(&record->id, saving->txn, type, -1, &saving->err);
    saving->refused = saving->code != MIRSAL_OK;
    return device->world->oracle.record_count + saving->record_count++;
}

static void record_incident(struct sim_device *device)
{
    static const uint32_t fields[] = { 105, 106, 111, 115, 116, 120, 121, 113, 124, 127 };
    uint32_t record = create(device, INCIDENT);
    say(device, record, 111, NULL);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (sim_chance(device->world, 35)) {
            say(device, record, fields[i], NULL);
        }
    }
}

static void record_casualty(struct sim_device *device, uint32_t incident)
{
    struct mir_buf scope;
    mirsal_id id = record_at(device, incident)->id;
    uint32_t record = create(device, CASUALTY);
    mir_buf_init(&scope, &device->test.env, 64);
    mir_mp_write_array(&scope, 1);
    mir_mp_write_bin(&scope, id.bytes, sizeof id.bytes);
    say(device, record, 505, &scope);
    say(device, record, 509, NULL);
    say(device, record, 515, NULL);
    say(device, record, 516, NULL);
    mir_buf_fini(&scope);
}

static void edit(struct sim_device *device, uint32_t record)
{
    static const uint32_t incident[] = { 111, 111, 111, 111, 115, 115, 126, 121, 121, 116, 116, 120,
        124, 125, 126, 127, 123, 113, 104, 106, 105 };
    static const uint32_t casualty[] = { 522, 522, 516 };
    int first = record_at(device, record)->type == INCIDENT;
    uint64_t count =
        first ? sizeof incident / sizeof incident[0] : sizeof casualty / sizeof casualty[0];
    uint32_t field = (first ? incident : casualty)[sim_draw(device->world, count)];
    struct mir_buf unknown;
    mir_buf_init(&unknown, &device->test.env, 16);
    mir_mp_write_array(&unknown, 0);
    int nothing = (field == 111 || field == 115) && sim_chance(device->world, 8);
    say(device, record, field, nothing ? &unknown : NULL);
    mir_buf_fini(&unknown);
}

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(mirsal_hash));
}

/* Ids of the changeset that created the record and of those of all its live writes, ascending. */
static uint32_t seen_by(struct sim_device *device, uint32_t record, mirsal_hash *out, uint32_t max)
{
    const struct oracle *oracle = &device->world->oracle;
    const uint8_t *applied = device->saving->applied;
    uint32_t count = 0;
    out[count++] = oracle->changesets[oracle->records[record].changeset].id;
    for (uint32_t i = 0; i < oracle->write_count; i++) {
        const struct oracle_write *write = &oracle->writes[i];
        struct oracle_register found;
        int live = 0;
        if (write->record != record || !applied[write->changeset] ||
            write->field % 100 == WITHDRAWN) {
            continue;
        }
        oracle_evaluate(&found, oracle, applied, record, write->field, write->key, write->key_size);
        for (uint32_t at = 0; at < found.live_count; at++) {
            live = live || found.live[at] == i;
        }
        const mirsal_hash *id = &oracle->changesets[write->changeset].id;
        for (uint32_t at = 0; at < count; at++) {
            live = live && memcmp(&out[at], id, sizeof *id) != 0;
        }
        if (live && count < max) {
            out[count++] = *id;
        }
    }
    qsort(out, count, sizeof *out, compare_hashes);
    return count;
}

static void withdraw(struct sim_device *device, uint32_t record, int back)
{
    mirsal_hash seen[64];
    struct mir_buf value;
    uint32_t type = record_at(device, record)->type;
    mir_buf_init(&value, &device->test.env, 8192);
    if (back) {
        mir_mp_write_array(&value, 0);
    } else {
        uint32_t count = seen_by(device, record, seen, 64);
        mir_mp_write_array(&value, 2);
        write_words(device, &value);
        mir_mp_write_array(&value, count);
        for (uint32_t i = 0; i < count; i++) {
            mir_mp_write_bin(&value, seen[i].bytes, sizeof seen[i].bytes);
        }
    }
    say(device, record, type * 100 + WITHDRAWN, &value);
    mir_buf_fini(&value);
}

/* A record this device may write to and holds; ORACLE_NONE. Most of the work is on two of them, so
 * that people meet. */
static uint32_t pick(struct sim_device *device, int own)
{
    struct sim_world *world = device->world;
    const struct oracle *oracle = &world->oracle;
    for (int tries = 0; oracle->record_count > 0 && tries < 12; tries++) {
        int any = oracle->record_count < 2 || own || sim_chance(world, 30);
        uint32_t record = (uint32_t)sim_draw(world, any ? oracle->record_count : 2);
        if (oracle_exists(oracle, device->saving->applied, record) && !sim_purged(device, record) &&
            (!own || oracle->records[record].author == device->index)) {
            return record;
        }
    }
    return ORACLE_NONE;
}

static void act(struct sim_device *device)
{
    struct sim_world *world = device->world;
    int monitor = device->role < MIR_ROLE_COORDINATOR;
    uint64_t what = sim_draw(world, 100);
    uint32_t record = pick(device, monitor);
    if (record == ORACLE_NONE || what < 12 || device->write_only) {
        record_incident(device);
    } else if (what < 22 && world->oracle.records[record].type == INCIDENT) {
        record_casualty(device, record);
    } else if (what < 30) {
        withdraw(device, record, sim_chance(world, 35));
    } else {
        edit(device, record);
    }
}

/* This device's data changesets that the oracle does not know. */
static uint32_t find_new(struct sim_device *device, struct oracle_changeset *out, uint32_t max)
{
    sqlite3_stmt *find = NULL;
    uint32_t count = 0;
    int row = 0;
    mirsal_error err = { 0 };
    mirsal_code rc = mir_sql_prepare(&find, device->store->sql,
        "SELECT c.id, c.compartment, c.stamp FROM changeset c JOIN device d ON d.no = c.device"
        " WHERE d.key = ?1 AND c.compartment <> 255 ORDER BY c.no DESC LIMIT 16",
        &err);
    if (rc == MIRSAL_OK) {
        mir_sql_bind_blob(find, 1, device->key.bytes, sizeof device->key.bytes);
        rc = mir_sql_step(&row, device->store->sql, find, &err);
    }
    while (rc == MIRSAL_OK && row && count < max) {
        struct oracle_changeset *found = &out[count];
        memcpy(&found->id, mir_sql_column(find, 0).data, sizeof found->id);
        found->author = device->index;
        found->compartment = (uint8_t)mir_sql_column_int(find, 1);
        found->stamp = (uint64_t)mir_sql_column_int(find, 2);
        count += oracle_find_changeset(&device->world->oracle, &found->id) == ORACLE_NONE;
        rc = mir_sql_step(&row, device->store->sql, find, &err);
    }
    mir_sql_release(find);
    (void)sim_device_alive(device, rc, &err, "own changesets");
    return count;
}

static uint32_t compartments_of(const struct sim_saving *saving)
{
    uint32_t mask = saving->record_count > 0 ? 1u : 0u;
    for (uint32_t i = 0; i < saving->write_count; i++) {
        mask |= 1u << saving->writes[i].changeset;
    }
    return mask;
}

/* The transaction is in the store, as these changesets: the oracle learns of it. */
static void tell_oracle(struct sim_device *device, struct oracle_changeset *new, uint32_t count)
{
    struct sim_world *world = device->world;
    struct sim_saving *saving = device->saving;
    uint32_t places[2] = { ORACLE_NONE, ORACLE_NONE };
    uint32_t mask = compartments_of(saving);
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        found |= 1u << (new[i].compartment & 1);
    }
    if (found != mask || count != (mask == 3 ? 2u : 1u)) {
        sim_fail(world, "device %u: a commit of compartments %x left %u changesets of %x",
            device->index, mask, count, found);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        places[new[i].compartment] = oracle_add_changeset(&world->oracle, &new[i]);
        sim_trace(world, &new[i].id, sizeof new[i].id);
    }
    for (uint32_t i = 0; i < saving->record_count; i++) {
        saving->records[i].changeset = places[0];
        (void)oracle_add_record(&world->oracle, &saving->records[i]);
    }
    for (uint32_t i = 0; i < saving->write_count; i++) {
        saving->writes[i].changeset = places[saving->writes[i].changeset];
        (void)oracle_add_write(&world->oracle, &saving->writes[i]);
    }
    world->commits++;
}

void sim_author_recover(struct sim_device *device)
{
    struct oracle_changeset new[8];
    if (device->saving == NULL || device->store == NULL) {
        return;
    }
    uint32_t count = find_new(device, new, 8);
    if (count > 0) {
        tell_oracle(device, new, count);
    }
    sim_event(device->world, "device %u: the commit it died in is %s", device->index,
        count > 0 ? "there" : "not there");
    free_saving(device);
}

/* Code of a call within the transaction. The device may die in it, and takes the saving along. */
static int goes_on(struct sim_device *device, mirsal_code code, const mirsal_error *err)
{
    return sim_device_alive(device, code, err, "author");
}

static void commit(struct sim_device *device)
{
    struct sim_world *world = device->world;
    struct sim_saving *saving = device->saving;
    struct mir_txn_result result;
    struct oracle_changeset new[8];
    mirsal_code rc = mir_txn_commit(&result, saving->txn, &saving->err);
    saving->txn = NULL;
    if (rc == MIRSAL_OK && crash_disk_stopped(device->disk)) {
        /* Done, and dead right after: it was acknowledged all the same. */
        sim_event(world, "device %u: committed as the power went", device->index);
        world->fired[SIM_DIED_IN_CALL]++;
        uint32_t before = world->oracle.changeset_count;
        sim_device_restart(device, SIM_STOP_POWER);
        if (world->oracle.changeset_count == before && !world->failed) {
            sim_fail(world, "device %u: an acknowledged commit is not there", device->index);
        }
        return;
    }
    if (!goes_on(device, rc, &saving->err)) {
        return;
    }
    uint32_t count = find_new(device, new, 8);
    int told = world->canary != SIM_CANARY_LOST_WRITER || world->commits % 10 != 9;
    if (world->failed || device->saving == NULL) {
        return;
    }
    if (told) {
        tell_oracle(device, new, count);
    } else {
        world->commits++;
    }
    sim_event(world, "device %u commits %u writes, %u records", device->index, saving->write_count,
        saving->record_count);
    free_saving(device);
}

void sim_author(struct sim_device *device)
{
    struct sim_saving *saving = calloc(1, sizeof *saving);
    assert(saving != NULL);
    sim_device_clock(device);
    device->saving = saving;
    saving->applied = sim_applied(device);
    if (saving->applied == NULL || device->saving == NULL) {
        if (device->saving != NULL) {
            free_saving(device);
        }
        return;
    }
    sim_take_roles(device);
    saving->code = mir_txn_begin(&saving->txn, device->store, MIR_TXN_LONE, &saving->err);
    saving->refused = saving->code != MIRSAL_OK;
    uint64_t acts = 1 + sim_draw(device->world, 3);
    for (uint64_t i = 0; !saving->refused && i < acts && saving->record_count < SAVING_RECORDS_MAX;
         i++) {
        act(device);
    }
    if (saving->refused || saving->write_count == 0) {
        const mirsal_error err = saving->err;
        mirsal_code code = saving->code;
        mir_txn_rollback(saving->txn);
        saving->txn = NULL;
        if (goes_on(device, code, &err)) {
            free_saving(device);
        }
        return;
    }
    commit(device);
    if (!device->world->failed && device->store != NULL) {
        sim_check_kept(device);
        sim_check_device(device);
    }
}
