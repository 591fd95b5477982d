/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/handoff_html.c - see the header. First who vouches and for what, then what that proves
 * and what it does not, then the records, last the hashes.
 */
#include "handoff_html.h"

#include "htmltext.h"
#include "text.h"

#include <string.h>

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\""
    " content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>Records handed over</title>\n<style>\n"
    "body{font:11pt/1.45 serif;max-width:46em;margin:2em auto;padding:0 1em;color:#111}\n"
    "h1{font-size:1.5em}h2{font-size:1.2em;margin-top:2em;border-bottom:1px solid #999}\n"
    "h3{font-size:1em;margin:1.5em 0 .3em;break-after:avoid}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "th,td{text-align:start;vertical-align:top;padding:.2em .6em .2em 0;border-top:1px solid #ddd;"
    "overflow-wrap:anywhere}\n"
    "th{font-weight:normal;color:#444;width:14em}\n"
    ".id,.hash{font:9pt monospace;color:inherit;overflow-wrap:anywhere}\n"
    ".words{font-size:1.2em;font-weight:bold}\n"
    ".withheld{color:#444;font-style:italic}\n"
    "bdi{white-space:pre-line}\n.text{display:block;white-space:pre-line}\n"
    "[dir=rtl]{border-inline-start:2px solid #ddd;padding-inline-start:.8em}\n"
    "h3{break-after:avoid}tr{break-inside:avoid}\n@page{margin:2cm}\n"
    "</style>\n</head>\n<body>\n";

static void row_begin(struct mir_buf *out, const char *label, const char *label_ar)
{
    mir_buf_append_text(out, "<tr><th>");
    mir_html_text(out, label);
    if (label_ar != NULL) {
        mir_buf_append_text(out, " <bdi lang=\"ar\">");
        mir_html_text(out, label_ar);
        mir_buf_append_text(out, "</bdi>");
    }
    mir_buf_append_text(out, "</th><td>");
}

static void row_end(struct mir_buf *out)
{
    mir_buf_append_text(out, "</td></tr>\n");
}

static void text_row(struct mir_buf *out,
    const char *label,
    const char *label_ar,
    struct mir_bytes text)
{
    row_begin(out, label, label_ar);
    if (text.size == 0) {
        mir_buf_append_text(out, "not stated <bdi lang=\"ar\">لم يُذكر</bdi>");
    } else {
        mir_buf_append_text(out, "<bdi>");
        mir_html_bytes(out, text);
        mir_buf_append_text(out, "</bdi>");
    }
    row_end(out);
}

static void hash_row(struct mir_buf *out, const char *label, const uint8_t *data, size_t size)
{
    row_begin(out, label, NULL);
    mir_buf_append_text(out, "<span class=\"hash\">");
    mir_html_hex(out, data, size);
    mir_buf_append_text(out, "</span>");
    row_end(out);
}

static void write_origin(struct mir_buf *out,
    const struct mir_handoff_manifest *manifest,
    const struct mir_handoff_around *around)
{
    mir_buf_append_text(out, "<h1>Records handed over <bdi lang=\"ar\">سجلات مسلَّمة</bdi></h1>\n"
                             "<h2>Who vouches <bdi lang=\"ar\">من يصادق</bdi></h2>\n<table>\n");
    text_row(out, "Team, as it calls itself", "الفريق كما يسمي نفسه", manifest->name);
    row_begin(out, "Fingerprint of the team", "بصمة الفريق");
    mir_buf_append_text(out, "<span class=\"words\">");
    mir_html_text(out, around->fingerprint);
    mir_buf_append_text(out, "</span><br><bdi lang=\"ar\">");
    mir_html_text(out, around->fingerprint_ar);
    mir_buf_append_text(out, "</bdi><br>");
    mir_buf_append_text(out,
        around->origin_known
            ? "The reader says that this is the team it expected. "
              "<bdi lang=\"ar\">يقول القارئ إن هذا هو الفريق المتوقَّع.</bdi>"
            : "Nobody has confirmed yet that this is the team of that name: compare the six words "
              "with the team, by voice or face to face. Names can be copied, these words cannot. "
              "<bdi lang=\"ar\">لم يؤكد أحد بعد أن هذا هو الفريق الذي يحمل هذا الاسم: قارنوا "
              "الكلمات الست مع الفريق صوتيًا أو وجهًا لوجه. "
              "يمكن نسخ الأسماء لا هذه الكلمات.</bdi>");
    row_end(out);
    row_begin(out, "Signed at", "وُقِّع في");
    mir_html_time(out, (int64_t)manifest->made_ms);
    mir_buf_append_text(out, " by the team's own clock, by a coordinator or admin of the team");
    row_end(out);
    mir_buf_append_text(out, "<tr><th>Recipients <bdi lang=\"ar\">المستلمون</bdi></th><td>");
    for (uint32_t i = 0; i < manifest->recipient_count; i++) {
        mir_buf_append_text(out, i == 0 ? "<bdi>" : "<br><bdi>");
        mir_html_bytes(out, manifest->recipients[i].name);
        mir_buf_append_text(out, "</bdi>");
    }
    row_end(out);
    text_row(out, "Purpose", "الغرض", manifest->purpose);
    text_row(out, "Terms", "الشروط", manifest->terms);
    row_begin(out, "May be kept until", "يُحتفظ بها حتى");
    if (manifest->has_until) {
        mir_html_day(out, manifest->until);
        mir_buf_append_text(
            out, manifest->until < around->today
                     ? " <b>This day is over. <bdi lang=\"ar\">انقضى هذا اليوم.</bdi></b>"
                     : "");
    } else {
        mir_buf_append_text(out, "not stated <bdi lang=\"ar\">لم يُذكر</bdi>");
    }
    row_end(out);
    mir_buf_append_text(out, "</table>\n");
}

/* The same in Arabic, as a block of its own. */
static void write_proof_in_arabic(struct mir_buf *out, const struct mir_handoff_manifest *manifest)
{
    mir_buf_append_text(out,
        "<div lang=\"ar\" dir=\"rtl\">\n<h3>ما الذي فُحص وماذا يثبت</h3>\n<ul>\n"
        "<li>الملف كما وُقِّع: فُحصت كل قيمة أدناه وكل عدد وكل قائمة على توقيع جهاز.</li>\n"
        "<li>تثبت تصريحات تعود إلى تأسيس الفريق أن ذلك الجهاز لمنسّق فيه أو مدير.</li>\n"
        "<li>لم يُضف إلى المعروض شيء ولم يُغيَّر ولم يُحذف: وما لا يُعرض من سجل مذكور أنه "
        "محجوب.</li>\n");
    mir_buf_append_text(out,
        manifest->mode == MIR_HANDOFF_ATTESTED
            ? "</ul>\n<p>الطريقة <b>مصدَّق</b>: يصادق الفريق على كل قيمة، ولا يظهر من سجّلها "
              "ولا متى.</p>\n"
            : "<li>تحمل كل قيمة توقيع الجهاز الذي سجّلها، وقد ثبت أن الفريق قبله بالدور "
              "المذكور.</li>\n</ul>\n<p>الطريقة <b>بالكاتب</b>: يُشار إلى الكتّاب بأرقام تخص هذا "
              "الملف وحده. والوقت هو ما ذكره جهاز الكاتب، ولا ساعة تثبته.</p>\n");
    mir_buf_append_text(out,
        "<h3>ما هو قول الفريق وحده</h3>\n<p>أن هذه هي القيم القائمة ولم تُخفَ قيمة أحدث؛ وأن "
        "الأجهزة المذكورة لم تفقد حقها؛ وأن قائمة ما تُرك كاملة؛ وأن ما سُجِّل صحيح. التوقيع يثبت "
        "من يصادق على القول، لا صحة القول.</p>\n</div>\n");
}

static void write_proof(struct mir_buf *out, const struct mir_handoff_manifest *manifest)
{
    mir_buf_append_text(out, "<h2>What was checked, and what it proves</h2>\n<ul>\n"
                             "<li>The file is as it was signed: every value below, every count and "
                             "every list was verified against the signature of a device.</li>\n"
                             "<li>That device is shown, by statements that lead back to the "
                             "founding of the team, to be its coordinator or admin.</li>\n"
                             "<li>Nothing shown was added, changed or taken out since: what is not "
                             "shown of a record is named as withheld.</li>\n");
    if (manifest->mode == MIR_HANDOFF_ATTESTED) {
        mir_buf_append_text(out, "</ul>\n<p>Mode <b>attested</b>: the team vouches for each value. "
                                 "Who recorded it, and when, is not shown.</p>\n");
    } else {
        mir_buf_append_text(out,
            "<li>Each value carries the signature of the device that recorded it; that device is "
            "shown to have been admitted by the team, in the role stated.</li>\n</ul>\n"
            "<p>Mode <b>author</b>: authors are named by numbers of this file alone. The time "
            "is what the author's device claimed; no clock proves it.</p>\n");
    }
    mir_buf_append_text(out,
        "<h3>What is the team's word alone</h3>\n<p>That these are the values that stand, and no "
        "later one is kept back; that no device named here had lost its right; that the list of "
        "what was left out is whole; that what was recorded is true. A signature proves who "
        "vouches for a statement, not that it is so.</p>\n");
    write_proof_in_arabic(out, manifest);
}

static void write_item_head(struct mir_buf *out,
    const struct mir_handoff_opened *opened,
    const struct mir_handoff_item *item)
{
    char uuid[MIR_UUID_TEXT_SIZE];
    const struct mir_schema_type *type = mir_schema_type_by_id(opened->schema, item->record.type);
    mir_uuid_format(uuid, &item->record.id);
    mir_buf_append_format(out, "<section class=\"record\" id=\"r%s\">\n<h3>", uuid);
    mir_html_text(out, type == NULL ? "" : type->en);
    mir_buf_append_text(out, " <bdi lang=\"ar\">");
    mir_html_text(out, type == NULL ? "" : type->ar);
    mir_buf_append_format(out, "</bdi> <span class=\"id\">%s</span></h3>\n<table>\n", uuid);
    if (item->author > 0) {
        row_begin(out, "Recorded by", "سجّله");
        mir_buf_append_format(out, "author %u, ", item->author);
        mir_html_text(out, mir_handoff_role_name(opened->manifest->authors[item->author - 1].role));
        mir_buf_append_text(out, "; claimed time ");
        mir_html_time(out, (int64_t)(item->claimed >> 16));
        row_end(out);
    }
}

static void write_item(struct mir_buf *out,
    const struct mir_handoff_opened *opened,
    const struct mir_handoff_item *item)
{
    uint32_t last = 0;
    write_item_head(out, opened, item);
    for (size_t i = 0; i < item->record.register_count; i++) {
        const struct mir_shown *shown = &item->record.registers[i];
        const struct mir_schema_field *field = mir_schema_field_by_id(opened->schema, shown->field);
        if (field == NULL) {
            continue;
        }
        if (shown->field == last) {
            mir_buf_append_text(out, "<br>");
        } else {
            mir_buf_append_text(out, last == 0 ? "" : "</td></tr>\n");
            row_begin(out, field->en, field->ar);
        }
        last = shown->field;
        mir_html_value(out, field, shown);
        if (item->authors != NULL && item->authors[i] != item->author) {
            mir_buf_append_format(out, " <small>(author %u)</small>", item->authors[i]);
        }
    }
    mir_buf_append_text(out, last == 0 ? "" : "</td></tr>\n");
    for (uint32_t i = 0; i < item->entry->withheld_count; i++) {
        const struct mir_schema_field *field =
            mir_schema_field_by_id(opened->schema, item->entry->withheld[i]);
        row_begin(out, field == NULL ? "" : field->en, field == NULL ? NULL : field->ar);
        mir_buf_append_text(out, "<span class=\"withheld\">withheld "
                                 "<bdi lang=\"ar\">محجوب</bdi></span>");
        row_end(out);
    }
    mir_buf_append_text(out, "</table>\n</section>\n");
}

static void write_left(struct mir_buf *out, const struct mir_handoff_opened *opened)
{
    static const char *const whys[] = { "without consent <bdi lang=\"ar\">بلا موافقة</bdi>",
        "not released to this recipient <bdi lang=\"ar\">غير مسموح به لهذا المستلم</bdi>",
        "its proof was not at hand <bdi lang=\"ar\">لم يتوفر برهانه</bdi>" };
    const struct mir_handoff_manifest *manifest = opened->manifest;
    if (manifest->left_count == 0) {
        return;
    }
    mir_buf_append_text(out, "<h2>Left out <bdi lang=\"ar\">ما تُرك</bdi></h2>\n<table>\n");
    for (uint32_t i = 0; i < manifest->left_count; i++) {
        char uuid[MIR_UUID_TEXT_SIZE];
        const struct mir_schema_type *type =
            mir_schema_type_by_id(opened->schema, manifest->left[i].type);
        mir_uuid_format(uuid, &manifest->left[i].id);
        row_begin(out, type == NULL ? "" : type->en, type == NULL ? NULL : type->ar);
        mir_buf_append_text(out, whys[manifest->left[i].why]);
        mir_buf_append_format(out, " <span class=\"id\">%s</span>", uuid);
        row_end(out);
    }
    mir_buf_append_text(out, "</table>\n");
}

static void write_superseded(struct mir_buf *out, const struct mir_handoff_opened *opened)
{
    const struct mir_handoff_manifest *manifest = opened->manifest;
    for (uint32_t i = 0; i < manifest->supersede_count; i++) {
        const struct mir_handoff_superseded *old = &manifest->supersedes[i];
        const struct mir_schema_field *field = mir_schema_field_by_id(opened->schema, old->field);
        char uuid[MIR_UUID_TEXT_SIZE];
        mir_uuid_format(uuid, &old->record);
        row_begin(out, uuid, NULL);
        mir_html_text(out, field == NULL ? "" : field->en);
        mir_buf_append_text(out, " <bdi lang=\"ar\">");
        mir_html_text(out, field == NULL ? "" : field->ar);
        mir_buf_append_text(out, "</bdi>: the value shown earlier was replaced "
                                 "<bdi lang=\"ar\">استُبدلت القيمة المعروضة سابقًا</bdi> "
                                 "<span class=\"hash\">");
        mir_html_hex(out, old->leaf.bytes, sizeof old->leaf.bytes);
        mir_buf_append_text(out, "</span>");
        row_end(out);
    }
}

static void write_retractions(struct mir_buf *out, const struct mir_handoff_opened *opened)
{
    static const char *const whys[] = { "withdrawn <bdi lang=\"ar\">سُحب</bdi>",
        "corrected <bdi lang=\"ar\">صُحِّح</bdi>", "purged <bdi lang=\"ar\">مُحي</bdi>" };
    const struct mir_handoff_manifest *manifest = opened->manifest;
    if (!manifest->is_update) {
        return;
    }
    mir_buf_append_text(out, "<h2>Corrections to an earlier handoff <bdi lang=\"ar\">"
                             "تصحيحات لتسليم سابق</bdi></h2>\n<p>This is the update of "
                             "the handoff <span class=\"hash\">");
    mir_html_hex(out, manifest->update_of, sizeof manifest->update_of);
    mir_buf_append_format(out,
        "</span>; %u of the values shown there no longer stand.</p>\n<table>\n",
        manifest->supersede_count);
    for (uint32_t i = 0; i < manifest->retraction_count; i++) {
        char uuid[MIR_UUID_TEXT_SIZE];
        mir_uuid_format(uuid, &manifest->retractions[i].record);
        row_begin(out, uuid, NULL);
        mir_buf_append_text(out, whys[manifest->retractions[i].why]);
        row_end(out);
    }
    write_superseded(out, opened);
    mir_buf_append_text(out, "</table>\n");
}

mirsal_code mir_handoff_html(struct mir_buf *out,
    const struct mir_handoff_opened *opened,
    const struct mir_handoff_around *around,
    mirsal_error *err)
{
    const struct mir_handoff_manifest *manifest = opened->manifest;
    mir_buf_append_text(out, head);
    write_origin(out, manifest, around);
    write_proof(out, manifest);
    write_retractions(out, opened);
    mir_buf_append_format(
        out, "<h2>Records <bdi lang=\"ar\">السجلات</bdi>: %zu</h2>\n", opened->count);
    for (size_t i = 0; i < opened->count; i++) {
        write_item(out, opened, &opened->items[i]);
    }
    write_left(out, opened);
    mir_buf_append_text(out, "<h2>Hashes <bdi lang=\"ar\">البصمات</bdi></h2>\n<table>\n");
    hash_row(out, "SHA-256 of the file", around->file_sha256, sizeof around->file_sha256);
    hash_row(out, "Manifest (BLAKE2b-256, mirsal1.manifest)", opened->manifest_hash.bytes, 32);
    hash_row(out, "Handoff", manifest->handoff, sizeof manifest->handoff);
    hash_row(out, "Team", manifest->team.bytes, sizeof manifest->team.bytes);
    hash_row(out, "Signing device", manifest->signer.bytes, sizeof manifest->signer.bytes);
    hash_row(out, "Control state that it stands on", manifest->as_of.bytes, 32);
    mir_buf_append_text(out, "</table>\n</body>\n</html>\n");
    return mir_buf_finish(out, err);
}
