/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/seed.c - what a tally is made of, as changesets; see the header.
 */
#include "seed.h"

#include "msgpack.h"

#define TEXT(value)       v_text(&world->arena, value)
#define CODE(field, code) v_code(&world->arena, &world->schema, field, code)

void seed_add(struct world *world, mirsal_id *ids)
{
    static const char *const types[SEED_RECORDS] = { "incident", "incident", "source", "source" };
    struct draft draft;
    world_begin(world, &draft, 1, 1);
    for (uint32_t i = 0; i < SEED_RECORDS; i++) {
        ids[draft_create(&draft, types[i])] = draft_id(1, i);
    }
    for (uint32_t i = INCIDENT; i <= SECOND; i++) {
        draft_set(&draft, i, "incident.date", v_none(),
            v_ints(&world->arena, (const int64_t[]){ 18217, 18217, 1 }, 3));
    }
    draft_end(&draft);
    (void)world_apply(world, &draft);
}

mirsal_id seed_claim(struct world *world,
    uint32_t number,
    int64_t device,
    const mirsal_id *root,
    int64_t killed)
{
    mirsal_id incident = draft_id(1, INCIDENT);
    struct draft draft;
    world_begin(world, &draft, number, device);
    uint32_t place = draft_create(&draft, "casualty");
    draft_set(&draft, place, "casualty.scope", v_none(), v_refs(&world->arena, &incident, 1));
    draft_set(&draft, place, "casualty.root_source", v_none(), v_ref(&world->arena, root));
    draft_set(&draft, place, "casualty.outcome", v_none(), CODE("casualty.outcome", "killed"));
    draft_set(&draft, place, "casualty.status", v_none(), CODE("casualty.status", "civilian"));
    draft_set(&draft, place, "casualty.quality", v_none(), CODE("casualty.quality", "exact"));
    draft_set(&draft, place, "casualty.min", v_none(), v_int(&world->arena, killed));
    draft_set(&draft, place, "casualty.max", v_none(), v_int(&world->arena, killed));
    draft_end(&draft);
    (void)world_apply(world, &draft);
    return draft_id(number, place);
}

mirsal_id seed_relate(struct world *world, uint32_t number, int64_t device, const char *relation)
{
    mirsal_id incident = draft_id(1, INCIDENT);
    mirsal_id second = draft_id(1, SECOND);
    struct draft draft;
    world_begin(world, &draft, number, device);
    uint32_t place = draft_create(&draft, "link");
    draft_set(&draft, place, "link.a", v_none(), v_ref(&world->arena, &second));
    draft_set(&draft, place, "link.rel", v_none(), CODE("link.rel", relation));
    draft_set(&draft, place, "link.b", v_none(), v_ref(&world->arena, &incident));
    draft_end(&draft);
    (void)world_apply(world, &draft);
    return draft_id(number, place);
}

mirsal_id seed_reject(struct world *world,
    uint32_t number,
    int64_t device,
    const mirsal_id *rejected)
{
    mirsal_id incident = draft_id(1, INCIDENT);
    struct draft draft;
    struct mir_buf value;
    world_begin(world, &draft, number, device);
    uint32_t place = draft_create(&draft, "assessment");
    draft_set(&draft, place, "assessment.subject", v_none(), v_ref(&world->arena, &incident));
    draft_set(&draft, place, "assessment.field", v_none(), TEXT("killed"));
    mir_buf_init(&value, world->store.env, 256);
    mir_mp_write_array(&value, 1);
    mir_mp_write_array(&value, 2);
    mir_mp_write_bin(&value, rejected->bytes, sizeof rejected->bytes);
    mir_mp_write_uint(&value, 1);
    draft_set(&draft, place, "assessment.rejected", v_none(), mir_buf_bytes(&value));
    draft_end(&draft);
    (void)world_apply(world, &draft);
    mir_buf_fini(&value);
    return draft_id(number, place);
}
