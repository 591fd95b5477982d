/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/sample.c - invented reports: places, dates, figures and sentences of short lists.
 *
 * As varied as real ones in what matters to size: dates cluster, places repeat, figures are small,
 * sentences share words and differ in most of them. Nothing in them happened.
 */
#include "sample.h"

#include <stdio.h>
#include <string.h>

struct place {
    const char *en;
    const char *ar;
    double lat;
    double lon;
};

static const struct place places[] = {
    { "Tal Ahmar", "تل أحمر", 35.5921, 36.4947 },
    { "Kafr Zayt", "كفر زيت", 35.8645, 36.8059 },
    { "Deir Nour", "دير نور", 35.6140, 36.5677 },
    { "Ayn Hawr", "عين حور", 35.7312, 36.2231 },
    { "Bayt Rahm", "بيت رحم", 36.0511, 36.7120 },
    { "Jisr Qasim", "جسر قاسم", 35.8122, 36.3177 },
    { "Khan Sabil", "خان سبيل", 35.7441, 36.7611 },
    { "Maar Dibsa", "معر دبسة", 35.7806, 36.7402 },
};
static const char *const means[] = { "airstrike", "artillery", "rocket", "helicopter",
    "barrel_bomb", "mortar" };
static const char *const targets[] = { "a house near the mosque", "the weekly market",
    "a school that sheltered families", "the road to the clinic", "tents west of the town",
    "a bakery at opening time", "the water pump", "olive groves at harvest" };
static const char *const openings[] = { "Two neighbours say that", "A teacher reports that",
    "The rescue team wrote that", "A shopkeeper saw how", "The burial register shows that",
    "People who fled told that" };
static const char *const endings[] = { "the wounded were taken to two hospitals.",
    "rescue went on until the evening.", "a second strike hit those who came to help.",
    "the electricity was cut for three days.", "nobody has claimed it.",
    "families left before the night." };

#define COUNT(list) ((uint32_t)(sizeof(list) / sizeof((list)[0])))

/* SplitMix64: the next of a sequence that the report's number starts. */
static uint64_t draw(uint64_t *state)
{
    uint64_t value = (*state += UINT64_C(0x9e3779b97f4a7c15));
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

static uint32_t below(uint64_t *state, uint32_t bound)
{
    return (uint32_t)(draw(state) % bound);
}

void mir_sample_report(struct mir_floor_report *out, uint32_t number)
{
    uint64_t state = (uint64_t)number * 7919u + 1u;
    memset(out, 0, sizeof *out);
    const struct place *place = &places[below(&state, COUNT(places))];
    const char *means_code = means[below(&state, COUNT(means))];
    uint32_t killed = below(&state, 9);
    (void)snprintf(out->source_id, sizeof out->source_id, "sample:%u", (unsigned)number);
    (void)snprintf(out->date, sizeof out->date, "20%02u-%02u-%02u",
        (unsigned)(16 + number / 400 % 8), (unsigned)(1 + below(&state, 12)),
        (unsigned)(1 + below(&state, 28)));
    out->lat = place->lat + (double)below(&state, 20000) / 1e6;
    out->lon = place->lon + (double)below(&state, 20000) / 1e6;
    (void)snprintf(out->title_en, sizeof out->title_en, "%s on %s", means_code, place->en);
    (void)snprintf(out->title_ar, sizeof out->title_ar, "قصف على %s", place->ar);
    (void)snprintf(out->summary, sizeof out->summary,
        "%s %s was hit at %02u:%02u; %u people were killed and %u wounded, and %s",
        openings[below(&state, COUNT(openings))], targets[below(&state, COUNT(targets))],
        (unsigned)below(&state, 24), (unsigned)below(&state, 60), (unsigned)killed,
        (unsigned)below(&state, 20), endings[below(&state, COUNT(endings))]);
    (void)snprintf(out->means, sizeof out->means, "%s", means_code);
    (void)snprintf(out->outcome, sizeof out->outcome, "killed");
    out->killed_min = killed;
    out->killed_max = killed + below(&state, 3);
}

void mir_sample_json(struct mir_buf *out, const struct mir_floor_report *report)
{
    /* Nothing here needs escaping: the lists hold no quotes and no backslashes. */
    mir_buf_append_format(out,
        "{\"type\":\"incident\",\"source_id\":\"%s\",\"date_start\":\"%s\",\"date_end\":\"%s\","
        "\"date_prec\":\"day\",\"lat\":%.6f,\"lon\":%.6f,\"means\":[\"%s\"],"
        "\"title\":[[\"ar\",\"%s\"],[\"en\",\"%s\"]],\"summary\":[[\"en\",\"%s\"]],"
        "\"children\":[{\"type\":\"casualty\",\"source_id\":\"%s:c\",\"outcome\":\"%s\","
        "\"min\":%u,\"max\":%u}]}",
        report->source_id, report->date, report->date, report->lat, report->lon, report->means,
        report->title_ar, report->title_en, report->summary, report->source_id, report->outcome,
        (unsigned)report->killed_min, (unsigned)report->killed_max);
}

void mir_sample_sql(struct mir_buf *out, const struct mir_floor_report *report)
{
    mir_buf_append_format(out,
        "INSERT INTO incident VALUES('%s','%s',%.6f,%.6f,'%s','%s','%s','%s');"
        "INSERT INTO casualty VALUES('%s','%s',%u,%u);",
        report->source_id, report->date, report->lat, report->lon, report->title_en,
        report->title_ar, report->summary, report->means, report->source_id, report->outcome,
        (unsigned)report->killed_min, (unsigned)report->killed_max);
}
