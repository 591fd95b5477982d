/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/sim/sim.h - one simulated world: devices, a relay, a reader, a network between them, all of
 * one process, one thread, and one seed. Stores and conversations are the real ones.
 */
#ifndef SIM_H
#define SIM_H

#include "crash_disk.h"
#include "hostparts.h"
#include "oracle.h"
#include "relaylog.h"
#include "replica.h"
#include "session.h"
#include "team.h"
#include "test_env.h"
#include "test_random.h"

#define SIM_DEVICES_MAX 8u
#define SIM_FLIGHTS_MAX 3u

/* NAME, what a person reads. */
#define SIM_FAULTS(X)                                                                              \
    X(DROP_REQUEST, "request dropped")                                                             \
    X(DROP_REPLY, "reply dropped")                                                                 \
    X(DUPLICATE, "request delivered twice")                                                        \
    X(REPLAY, "old request delivered again")                                                       \
    X(CUT_REQUEST, "request cut")                                                                  \
    X(CUT_REPLY, "reply cut")                                                                      \
    X(FLIP_REQUEST, "bit of request flipped")                                                      \
    X(FLIP_REPLY, "bit of reply flipped")                                                          \
    X(DELAY, "exchange delayed for minutes")                                                       \
    X(INTERLEAVED, "exchange among others")                                                        \
    X(ABANDONED, "run given up")                                                                   \
    X(BUDGET, "run with a small budget")                                                           \
    X(KILLED, "device killed")                                                                     \
    X(POWER_CUT, "device's power cut")                                                             \
    X(DIED_IN_CALL, "device's power cut within a call")                                            \
    X(REOPENED, "store closed and opened")                                                         \
    X(CLOCK_1970, "clock at 1970")                                                                 \
    X(CLOCK_FORWARD, "clock stepped forward")                                                      \
    X(CLOCK_BACK, "clock stepped back")                                                            \
    X(CLOCK_DRIFT, "clock drifts")                                                                 \
    X(RELAY_KILLED, "relay killed")                                                                \
    X(RELAY_POWER_CUT, "relay's power cut")                                                        \
    X(RELAY_DIED_IN_CALL, "relay's power cut within a call")                                       \
    X(RELAY_RESTORED, "relay restored from an older copy")                                         \
    X(RELAY_KEY, "relay's key turned")                                                             \
    X(LATE_JOIN, "device joined late")                                                             \
    X(MET, "devices met without the relay")                                                        \
    X(MET_BROKEN, "meeting broke off")                                                             \
    X(EPOCH_TURNED, "epoch turned")                                                                \
    X(PURGED, "purge of a record asked for")                                                       \
    X(PURGE_ORDERED, "purge ordered by two persons")                                               \
    X(PURGE_LIFTED, "purge lifted")                                                                \
    X(DAYS_PASS, "weeks go by")                                                                    \
    X(WRITE_ONLY, "device that keeps nothing")                                                     \
    X(CUT, "device cut")

enum sim_fault {
#define SIM_FAULT_ENUM(name, text) SIM_##name,
    SIM_FAULTS(SIM_FAULT_ENUM)
#undef SIM_FAULT_ENUM
        SIM_FAULT_COUNT
};

/* Bugs planted into the test's own layers, which it must catch. NAME, in MIRSAL_SIM_CANARY. */
#define SIM_CANARIES(X)                                                                            \
    X(NONE, "")                                                                                    \
    X(NO_SYNC, "no-sync") /* device's disk says yes to syncs and does nothing */                   \
    X(RELAY_NO_SYNC, "relay-no-sync")                                                              \
    X(RELAY_DROPS, "relay-drops") /* the relay acknowledges, and drops one in eight */             \
    X(LOST_WRITER, "lost-writer") /* the oracle is not told of one commit in ten */                \
    X(LAST_WINS, "last-wins")     /* the oracle thinks that a later write replaces any other */    \
    X(QUEUE_DROPS, "queue-drops") /* the review queue is emptied now and then */                   \
    X(CLOCK_LEAK, "clock-leak")   /* the system's clock leaks into the world */

enum sim_canary {
#define SIM_CANARY_ENUM(name, text) SIM_CANARY_##name,
    SIM_CANARIES(SIM_CANARY_ENUM)
#undef SIM_CANARY_ENUM
        SIM_CANARY_COUNT
};

struct sim_world;
struct sim_device;

/* A run of one device with the relay. */
struct sim_run {
    struct mir_replica *replica;
    struct mir_session *session;
    struct mir_buf request;
    struct mir_buf reply;
    unsigned status; /* 0: no answer */
    int answered;    /* the reply waits to be delivered */
    int in_flight;   /* the request waits to be delivered */
    int key_fetched;
    uint32_t restores; /* of the relay, when it began */
    uint32_t exchanges;
};

struct sim_device {
    struct test_env test;
    struct sim_world *world;
    uint32_t index;
    enum mir_role role;
    int protected_;
    int in_person;
    int write_only;
    int cut; /* somebody said so: nothing is asked of it any more */
    char folder[96];
    char recovery[112];
    struct crash_disk *disk;
    struct mir_store *store; /* NULL: not running */
    int joined;
    mirsal_hash key;
    struct mir_buf invite;
    struct sim_run *run;       /* NULL: none */
    struct sim_saving *saving; /* a commit whose outcome is not known; people.c */
    int64_t held;              /* changesets that were there when a call last succeeded */
    int64_t clock_offset_ms;
    int32_t clock_drift; /* parts in 1000 */
    struct mir_session_counters last;
    mirsal_code last_code;
};

struct sim_relay {
    struct mir_host_parts parts; /* first: the context of the host */
    struct test_env test;
    struct sim_world *world;
    struct crash_disk *disk;
    struct mir_relay_log *log; /* NULL: no team registered */
    int registered;
    struct mir_responder *responder;
    struct mir_sync_host host;
    mirsal_hash team;
    mirsal_hash identity;
    struct mir_sign_secret secret;
    uint32_t serial;
    struct crash_image *copy;
    uint32_t restores;
};

/* How likely, drawn for each world. */
struct sim_profile {
    uint32_t network_percent; /* an exchange has a fault */
    int enabled[SIM_FAULT_COUNT];
    uint32_t weight_author;
    uint32_t weight_sync;
    uint32_t weight_network;
    uint32_t weight_device;
    uint32_t weight_relay;
    uint32_t weight_purge;
};

#define SIM_LAST_EVENTS 40u
#define SIM_EVENT_SIZE  120u

struct sim_world {
    uint64_t seed;
    uint32_t events;
    enum sim_canary canary;
    int checks; /* 0: the second time, for the trace alone */
    struct test_random random;
    struct sim_profile profile;
    uint64_t now_ms; /* of the world, which no device knows */
    uint64_t ticks_ms;
    uint32_t device_count;
    struct sim_device devices[SIM_DEVICES_MAX];
    struct sim_relay relay;
    struct oracle oracle;
    uint64_t trace;
    uint64_t fired[SIM_FAULT_COUNT];
    uint64_t commits;
    uint64_t marks; /* given to texts */
    uint64_t exchanges;
    uint64_t conflicts; /* most that stood in one queue at the end */
    uint64_t rounds;    /* of the calm */
    int calm;
    int failed;
    char failure[400];
    char last[SIM_LAST_EVENTS][SIM_EVENT_SIZE];
    uint64_t event_count;
    struct mir_buf old_request;
    char folder[64];
};

/* world.c */

/* Runs a whole world; 0 when every check held. */
int sim_run_world(struct sim_world *world);
void sim_world_free(struct sim_world *world);
/* The first failure stays. */
void sim_fail(struct sim_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sim_event(struct sim_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sim_trace(struct sim_world *world, const void *data, size_t size);
/* Time goes by, for all. */
void sim_pass(struct sim_world *world, uint64_t milliseconds);
const char *sim_fault_name(enum sim_fault fault);
enum sim_canary sim_canary_by_name(const char *name);
const char *sim_canary_name(enum sim_canary canary);
static inline uint64_t sim_draw(struct sim_world *world, uint64_t bound)
{
    return test_random_below(&world->random, bound);
}
static inline int sim_chance(struct sim_world *world, uint32_t percent)
{
    return test_random_percent(&world->random, percent);
}
/* 1 when the profile has it, at that percentage; counts it. */
int sim_fires(struct sim_world *world, enum sim_fault fault, uint32_t percent);

/* device.c */

void sim_device_init(struct sim_device *device, struct sim_world *world, uint32_t index);
void sim_device_free(struct sim_device *device);
void sim_device_clock(struct sim_device *device);
void sim_device_found(struct sim_device *device);
/* Makes an invite for `device`, by the founder. */
void sim_device_invite(struct sim_device *device, struct sim_device *founder);
void sim_device_join(struct sim_device *device);
/* A call on the store gave this code: 1 when it may go on. A code of a dead disk restarts the
 * device, any other that is not OK fails the world. */
int sim_device_alive(struct sim_device *device,
    mirsal_code code,
    const mirsal_error *err,
    const char *what);
enum sim_stop { SIM_STOP_CLOSE, SIM_STOP_KILL, SIM_STOP_POWER };
void sim_device_restart(struct sim_device *device, enum sim_stop how);

/* relay.c */

void sim_relay_init(struct sim_relay *relay, struct sim_world *world);
void sim_relay_free(struct sim_relay *relay);
void sim_relay_restart(struct sim_relay *relay, enum sim_stop how);
/* One request; 0: no answer, the relay died. */
unsigned sim_relay_serve(struct sim_relay *relay, struct mir_bytes request, struct mir_buf *reply);
void sim_relay_key(struct sim_relay *relay, struct mir_buf *out);
void sim_relay_keep_copy(struct sim_relay *relay);
void sim_relay_restore(struct sim_relay *relay);
/* Ids of all it holds, sorted, appended to out. */
void sim_relay_ids(struct sim_relay *relay, struct mir_buf *out);

/* network.c */

void sim_run_begin(struct sim_device *device, uint64_t budget);
/* Delivers what is under way next. */
void sim_run_step(struct sim_device *device);
void sim_run_end(struct sim_device *device, const char *why);

/* meeting.c */

/* Both run, and neither is in a run with the relay: one syncs with the other, which serves. */
void sim_meet(struct sim_device *client, struct sim_device *server);

/* people.c */

void sim_author(struct sim_device *device);
/* After a restart: a commit that failed is there whole or not at all. */
void sim_author_recover(struct sim_device *device);

/* purges.c */

/* An admin cuts a device; what she had applied of it by then stands. */
void sim_cut(struct sim_world *world);
/* The second device becomes another person's, an admin's: the founder knows it already. */
void sim_purge_people(struct sim_world *world);
/* Somebody purges, approves, or lifts. */
void sim_purge(struct sim_world *world);
/* Of what waits for a second word most gets it. */
void sim_purge_decide(struct sim_world *world);
/* What is due goes, and what a write-only device sent. */
void sim_forget(struct sim_device *device);
/* 1 when this store knows an order for the record, so that it does not show it. */
int sim_purged(const struct sim_device *device, uint32_t record);
/* The oracle takes the roles as this store has heard of them. */
void sim_take_roles(const struct sim_device *device);
/* 1 when somebody has not come to the day of an order's. */
int sim_purges_left(struct sim_world *world);
/* After those days. */
void sim_check_purged(struct sim_world *world);

/* check.c */

/* What the store shows against what the oracle says. */
void sim_check_device(struct sim_device *device);
/* All it acknowledged is there. */
void sim_check_kept(struct sim_device *device);
/* What it takes as held by the relay is held. */
void sim_check_known(struct sim_device *device);
/* After the calm; last: nothing comes after it, and a store is built anew too. */
void sim_check_converged(struct sim_world *world, int last);
/* Which changesets this store applied; the caller frees. */
uint8_t *sim_applied(struct sim_device *device);

#endif
