#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Airwars' archive of incidents, two CSV files, as records in mirsal's JSON Lines.

    airwars_to_jsonl.py FOLDER [OUT]

FOLDER holds incidents.csv.xz and attributions.csv.xz. Actors, places and the source stand first,
each incident with its report, casualties and attributions behind them. What a cell leaves empty
stays absent; what has no field of its own, or contradicts itself, stays as it is in `raw`.
"""
import collections
import csv
import hashlib
import json
import lzma
import os
import re
import sys

SOURCE = "airwars:source"

# Strike type: event type, means. The highest rank of ACLED's order is the event's own type.
STRIKES = {
    "Airstrike": (["air_drone_strike"], ["airstrike"]),
    "Drone Strike": (["air_drone_strike"], ["drone_strike_unspecified"]),
    "Airstrike and/or Artillery": (["air_drone_strike", "shelling_artillery_missile"], []),
    "Artillery": (["shelling_artillery_missile"], ["artillery"]),
    "Naval bombardment": (["shelling_artillery_missile"], ["shelling_unspecified"]),
    "Ground operation": (["armed_clash"], []),
    "Counter-Terrorism Action (Ground)": (["armed_clash"], []),
    "Unknown": ([], []),
}
RANKS = ["armed_clash", "air_drone_strike", "shelling_artillery_missile"]
CAUSES = {"Small arms and light weapons": "small_arms", "Incendiary": "incendiary"}
GEO_PRECISIONS = {
    "nearby_landmark": "building_landmark", "neighbourhood_area": "neighbourhood",
    "province_governorate": "governorate", "exact_location_other": "exact_location",
    "exact_location_coalition": "exact_location", "within_1m": "within_1m",
    "within_100m": "within_100m", "exact_location": "exact_location", "street": "street",
    "village": "village", "town": "town", "city": "city", "subdistrict": "subdistrict",
    "district": "district",
}
TARGETS = {
    "Residential": "residential", "House": "residential", "Apartment Building": "residential",
    "Education": "education", "Secondary School": "education", "Healthcare": "healthcare",
    "Hospital": "healthcare", "Clinic": "healthcare", "Ambulance": "healthcare",
    "Market": "market", "Shop": "market", "Religious": "religious", "Mosque": "religious",
    "IDP or Refugee Camp": "idp_camp", "Agriculture": "agriculture",
    "Agricultural Land": "agriculture", "Livestock": "agriculture", "Water": "water",
    "Dam": "water", "Military": "military",
}
# Names of both files: the actor's key.
ACTORS_NAMED = {
    "russia": "russia", "russian_forces": "russia", "Russian Military": "russia",
    "syrian_regime": "syria", "Syrian Regime": "syria",
    "coalition": "coalition", "U.S.-led Coalition": "coalition",
    "united_states": "united_states", "united_kingdom": "united_kingdom",
    "UK Military": "united_kingdom",
    "turkey": "turkey", "Turkish Military": "turkey",
    "syrian_democratic_forces": "sdf", "Syrian Democratic Forces": "sdf",
    "ypg_forces": "ypg", "YPG": "ypg",
    "kurdish_forces": "kurdish_forces", "Kurdish Forces": "kurdish_forces",
    "israeli_forces": "israel", "Israeli Military": "israel",
    "iranian_forces": "iran", "Iranian Military": "iran",
    "Jordanian Military": "jordan", "jordan": "jordan",
    "free_syrian_army": "fsa", "rebel_forces": "rebels", "isis": "isis",
    "iraq": "iraq", "iraq_government_forces": "iraq", "iraq_irregular_forces": "iraq_irregular",
    "Tribal Forces": "tribal", "unknown": "unidentified", "Unknown": "unidentified",
}
# Key: English name, the shipped list's code, ACLED's kind.
ACTORS = {
    "russia": ("Russian forces", "russian_forces", "external_state_forces"),
    "syria": ("Syrian regime", "syrian_regime", "state_forces"),
    "coalition": ("US-led Coalition", "us_led_coalition", "external_state_forces"),
    "united_states": ("United States", None, "external_state_forces"),
    "united_kingdom": ("United Kingdom", None, "external_state_forces"),
    "turkey": ("Turkish forces", "turkish_forces", "external_state_forces"),
    "sdf": ("Syrian Democratic Forces", "sdf_ypg", None),
    "ypg": ("YPG", "sdf_ypg", None),
    "kurdish_forces": ("Kurdish forces", None, None),
    "israel": ("Israeli forces", "israeli_forces", "external_state_forces"),
    "iran": ("Iranian forces", "iranian_forces", "external_state_forces"),
    "jordan": ("Jordanian forces", "jordanian_forces", "external_state_forces"),
    "fsa": ("Free Syrian Army", "other_opposition", "rebel_group"),
    "rebels": ("Rebel forces", "other_opposition", "rebel_group"),
    "isis": ("ISIS", "isis", "rebel_group"),
    "iraq": ("Iraqi forces", None, "external_state_forces"),
    "iraq_irregular": ("Iraqi irregular forces", None, None),
    "tribal": ("Tribal forces", "tribal_forces", "identity_militia"),
    "unidentified": ("Unidentified", "unidentified", None),
}
# Column: what a casualty of it is. All but belligerents are parts of the civilians.
GROUPS = [
    ("civ", {"status": "civilian"}),
    ("children", {"status": "civilian", "age": "child"}),
    ("women", {"status": "civilian", "sex": "female", "age": "adult"}),
    ("men", {"status": "civilian", "sex": "male", "age": "adult"}),
    ("belligerents", {"status": "combatant"}),
]
OUTCOMES = [("killed", "killed"), ("injured", "wounded")]
KEPT = ["strike_status", "cause", "geolocation_status", "civilian_harm_reported",
        "incident_status"]


def rows_of(path):
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parts_of(text):
    return [part.strip() for part in text.split(",") if part.strip()]


def add_set(record, field, values):
    values = sorted(set(values))
    if values:
        record[field] = values


class Places:
    """An Arabic name in a governorate is a place; Latin spellings are names of it."""

    def __init__(self):
        self.names = {}
        self.above = {}
        self.kinds = {}

    def meet(self, arabic, latin, above, kind):
        key = hashlib.sha256(f"{above}\n{kind or ''}\n{arabic}".encode()).hexdigest()[:16]
        names = self.names.setdefault(key, set())
        names.add(("ar", arabic))
        if latin:
            names.add(("en", latin))
        self.above[key] = above
        self.kinds[key] = kind
        return key

    def records(self):
        for key in sorted(self.names, key=lambda key: (self.above[key] is not None, key)):
            record = {"type": "place", "source_id": f"airwars:place:{key}",
                      "names": [list(name) for name in sorted(self.names[key])]}
            if self.kinds[key]:
                record["kind"] = self.kinds[key]
            if self.above[key]:
                record["admin1"] = {"source_id": f"airwars:place:{self.above[key]}"}
            yield record


def add_place(record, row, places):
    above = None
    if row["governorate_ar"]:
        above = places.meet(row["governorate_ar"], row["governorate_en"], None, "governorate")
    latin = row["location_en"]
    described = "," in latin or not row["location_ar"]
    key = above
    if row["location_ar"]:
        key = places.meet(row["location_ar"], None if described else latin, above, None)
    if key:
        record["place"] = {"source_id": f"airwars:place:{key}"}
    if latin and described:
        record["rel_text"] = latin
    if row["lat"] and row["lon"]:
        record["lat"] = round(float(row["lat"]), 7)
        record["lon"] = round(float(row["lon"]), 7)
        if row["geo_precision"]:
            record["geo_prec"] = GEO_PRECISIONS[row["geo_precision"]]


def add_date(record, row):
    if row["date"]:
        record["date_start"] = record["date_end"] = row["date"]
        record["date_prec"] = "days" if row["date_type"] == "date_range" else "day"
    if re.fullmatch(r"\d\d:\d\d:\d\d", row["local_time"]):
        hours, minutes, _ = row["local_time"].split(":")
        record["local_time_from"] = 60 * int(hours) + int(minutes)
        record["time_word"] = "exact"
    elif row["local_time"]:
        record["time_word"] = row["local_time"]


def add_event(record, row):
    types, means = [], []
    for strike in parts_of(row["strike_type_en"]):
        types += STRIKES[strike][0]
        means += STRIKES[strike][1]
    types = sorted(set(types), key=RANKS.index)
    if types:
        record["event_type"] = types[0]
    add_set(record, "also_types", types[1:])
    means += [CAUSES[cause] for cause in parts_of(row["cause"]) if cause in CAUSES]
    add_set(record, "means", means)
    add_set(record, "target_kind",
            [TARGETS.get(word, "other") for word in parts_of(row["infrastructure"])])


def report_of(row, name):
    report = {"type": "report", "source_id": f"{name}/report",
              "source": {"source_id": SOURCE}, "url": row["url"]}
    if row["published"]:
        report["published"] = row["published"]
    return report


def casualties_of(row, name, kept):
    claims = []
    for column, outcome in OUTCOMES:
        whole = False
        for group, people in GROUPS:
            low, high = (row[f"{group}_{column}_{end}"] for end in ("min", "max"))
            if not low and not high:
                continue
            if low and high and int(low) > int(high):
                kept += [f"{group}_{column}_min", f"{group}_{column}_max"]
                continue
            claim = {"type": "casualty", "source_id": f"{name}/{group}_{column}",
                     "report": {"source_id": f"{name}/report"},
                     "root_source": {"source_id": SOURCE}, "outcome": outcome, **people}
            if low:
                claim["min"] = int(low)
            if high:
                claim["max"] = int(high)
            if low == high:
                claim["quality"] = "exact"
            if group == "civ":
                whole = True
            elif whole and group != "belligerents":
                claim["subset_of"] = {"source_id": f"{name}/civ_{column}"}
            claims.append(claim)
    return claims


def attribution_of(row, name, number, actor):
    claim = {"type": "attribution", "source_id": f"{name}/attribution_{number}",
             "report": {"source_id": f"{name}/report"}, "root_source": {"source_id": SOURCE},
             "actor": {"source_id": f"airwars:actor:{actor}"}, "role": "perpetrator"}
    if row is None:
        return claim
    if row["belligerent_type"]:
        claim["certainty"] = row["belligerent_type"]
    for ours, theirs in (("killed", "deaths"), ("wounded", "injuries")):
        for end in ("min", "max"):
            if row[f"{theirs}_conceded_{end}"]:
                claim[f"conceded_{ours}_{end}"] = int(row[f"{theirs}_conceded_{end}"])
    if row["strike_report"]:
        claim["text"] = row["strike_report"]
    if row["belligerent_assessment"] != "not_yet_assessed":
        claim["raw"] = [["belligerent_assessment", row["belligerent_assessment"]]]
    return claim


def attributions_of(row, name, named):
    """One of each row of the second file; then who only the first one names."""
    actors = [ACTORS_NAMED[line["belligerent"]] for line in named]
    claims = [attribution_of(line, name, number, actor)
              for number, (line, actor) in enumerate(zip(named, actors), 1)]
    for word in parts_of(row["belligerents_en"]):
        if ACTORS_NAMED[word] not in actors:
            actors.append(ACTORS_NAMED[word])
            claims.append(attribution_of(None, name, len(claims) + 1, actors[-1]))
    return claims


def incident_of(row, named, places):
    name = f"airwars:{row['airwars_id']}"
    kept = list(KEPT)
    record = {"type": "incident", "source_id": name, "kind": "single"}
    codes = row["code"].split() + row["previous_codes"].replace(";", " ").split()
    add_set(record, "ref_codes", [f"airwars:{code}" for code in codes])
    add_date(record, row)
    add_place(record, row, places)
    add_event(record, row)
    if row["summary_ar"]:
        record["summary"] = [["ar", row["summary_ar"]]]
    if "," in row["harm_grading"]:
        kept.append("harm_grading")
    elif row["harm_grading"]:
        record["grading"] = row["harm_grading"].lower()
    children = [report_of(row, name)]
    children += casualties_of(row, name, kept)
    children += attributions_of(row, name, named)
    raw = [[column, row[column]] for column in kept if row[column]]
    if raw:
        record["raw"] = raw
    record["children"] = children
    return record


def records_of(folder):
    incidents = rows_of(os.path.join(folder, "incidents.csv.xz"))
    named = {}
    for row in rows_of(os.path.join(folder, "attributions.csv.xz")):
        named.setdefault(row["code"], []).append(row)
    times = collections.Counter(row["code"] for row in incidents)
    places = Places()
    # A code of two incidents does not tell whose attributions they are.
    lines = [incident_of(row, named.get(row["code"], []) if times[row["code"]] == 1 else [], places)
             for row in incidents]
    yield {"type": "source", "source_id": SOURCE, "public_name": "Airwars",
           "kind": "monitoring_ngo", "is_public": True}
    for key, (english, listed, kind) in ACTORS.items():
        record = {"type": "actor", "source_id": f"airwars:actor:{key}", "names": [["en", english]]}
        if listed:
            record["listed"] = listed
        if kind:
            record["kind"] = kind
        yield record
    yield from places.records()
    yield from lines


def write(records, out):
    for record in records:
        out.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")


def main(words):
    if len(words) not in (1, 2):
        sys.exit(__doc__)
    if len(words) == 1:
        write(records_of(words[0]), sys.stdout)
        return
    with open(words[1], "w", encoding="utf-8") as out:
        write(records_of(words[0]), out)


if __name__ == "__main__":
    main(sys.argv[1:])
