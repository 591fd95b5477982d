/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/messages.c - the catalogue: one line a message, key, English, Arabic.
 */
#include "messages.h"

#include <string.h>

struct message {
    const char *key;
    const char *texts[2];
};

/* clang-format off */
static const struct message messages[] = {
    /* commands */
    { "help team create", { "make a team with this device", "إنشاء فريق، هذا الجهاز مديره" } },
    { "help team show", { "the team at a glance", "الفريق بلمحة" } },
    { "help relay add", { "register the team at a relay", "تسجيل الفريق لدى مرحِّل" } },
    { "help relay list", { "the team's relays", "مرحِّلات الفريق" } },
    { "help invite", { "invite a device", "دعوة جهاز" } },
    { "help invite list", { "invites and what became of them", "الدعوات وما آلت إليه" } },
    { "help invite revoke", { "take an invite back", "سحب دعوة" } },
    { "help join", { "make a store for a new device", "إنشاء مخزن لجهاز جديد" } },
    { "help device list", { "the team's devices", "أجهزة الفريق" } },
    { "help device show", { "one device", "جهاز واحد" } },
    { "help device admit", { "admit a device that joined", "قبول جهاز انضم" } },
    { "help add", { "record something", "تسجيل سجل" } },
    { "help draft list", { "what is not sent yet and may be dropped", "المسودات" } },
    { "help draft send", { "seal drafts as records", "ختم المسودات سجلات" } },
    { "help draft drop", { "remove a draft", "حذف مسودة" } },
    { "help edit", { "write fields of a record", "كتابة حقول في سجل" } },
    { "help withdraw", { "withdraw a record, with a reason", "سحب سجل مع ذكر السبب" } },
    { "help import", { "many records from a file", "سجلات كثيرة من ملف" } },
    { "help show", { "one record with its children", "سجل واحد مع توابعه" } },
    { "help list", { "records of a type", "سجلات من نوع واحد" } },
    { "help search", { "find words", "البحث عن كلمات" } },
    { "help changes", { "what changed since a cursor", "ما تغيّر منذ مؤشر" } },
    { "help sync", { "send and fetch through a relay", "الإرسال والجلب عبر مرحِّل" } },
    { "help status", { "what is unsent, who holds what", "ما لم يُرسل، ومن يحوز ماذا" } },
    { "help conflicts", { "the review queue", "قائمة المراجعة" } },
    { "help resolve", { "settle a conflict, with a reason", "حسم تعارض مع ذكر السبب" } },
    { "help assess", { "a signed judgement on a field or figure", "حكم موقَّع على حقل أو رقم" } },
    { "help tally", { "count casualties", "إحصاء الضحايا" } },
    { "help export", { "write records as files", "كتابة السجلات ملفات" } },
    { "help log", { "who did what when", "من فعل ماذا ومتى" } },
    { "help verify", { "check every signature, chain and root", "فحص كل توقيع وسلسلة وجذر" } },
    { "help bench", { "this machine's figures beside their floors", "أرقام هذا الجهاز" } },
    { "help rebuild", { "make the tables again from the chains", "بناء الجداول من جديد" } },
    { "help inspect", { "explain any file of mirsal's", "شرح أي ملف من ملفات مرسال" } },
    { "help completion", { "completion for bash", "إكمال الأوامر في bash" } },
    { "help help", { "help on a command", "المساعدة في أمر" } },

    /* error codes */
    { "usage", { "wrong use", "استعمال خاطئ" } },
    { "not_found", { "not found", "غير موجود" } },
    { "ambiguous_id", { "several begin like this", "عدة معرّفات تبدأ هكذا" } },
    { "no_store", { "no store here", "لا مخزن هنا" } },
    { "store_exists", { "a store is already here", "يوجد مخزن هنا" } },
    { "unknown_type", { "no such type of record", "لا نوع سجل بهذا الاسم" } },
    { "unknown_field", { "no such field", "لا حقل بهذا الاسم" } },
    { "bad_value", { "not a value for this", "قيمة غير صالحة" } },
    { "out_of_range", { "out of range", "خارج النطاق" } },
    { "min_above_max", { "minimum above maximum", "الحد الأدنى أكبر من الأقصى" } },
    { "not_utf8", { "not valid UTF-8", "ليس UTF-8 صالحًا" } },
    { "too_large", { "too large", "أكبر من اللازم" } },
    { "duplicate_source_id", { "source id twice", "معرّف المصدر مكرر" } },
    { "wrong_passphrase", { "wrong passphrase", "عبارة المرور خاطئة" } },
    { "not_allowed", { "not allowed for this device", "غير مسموح لهذا الجهاز" } },
    { "not_authentic", { "not authentic", "غير أصيل" } },
    { "no_relay", { "no relay could be reached", "تعذّر الوصول إلى أي مرحِّل" } },
    { "relay_refused", { "the relay refused", "رفض المرحِّل" } },
    { "disk_full", { "the disk is full", "القرص ممتلئ" } },
    { "locked", { "another process holds the store", "عملية أخرى تمسك المخزن" } },
    { "version", { "made by another version", "من إصدار آخر" } },
    { "corrupt", { "damaged", "تالف" } },
    { "wiped", { "the store was wiped", "مُحي المخزن" } },

    /* notices and prompts */
    { "line", { "line", "السطر" } },
    { "field", { "field", "الحقل" } },
    { "peer", { "peer", "الطرف" } },
    { "ask_passphrase", { "Passphrase", "عبارة المرور" } },
    { "ask_again", { "Once more", "مرة أخرى" } },
    { "ask_recovery", { "Passphrase of the recovery file", "عبارة مرور ملف الاستعادة" } },
    { "keep_recovery", { "Keep the recovery file and its passphrase elsewhere.",
        "احفظ ملف الاستعادة وعبارة مروره بعيدًا عن هذا الجهاز." } },
    { "unsealed_keys", { "The keys are not sealed: whoever holds the device reads the store.",
        "مفاتيح هذا المخزن غير مختومة: من يحوز الجهاز يقرؤه." } },
    { "relay_later", { "The relay is kept; the team is registered there at the next sync.",
        "حُفظ المرحِّل؛ يُسجَّل الفريق لديه في المزامنة التالية." } },
    { "kept_for_later", { "The work is kept for the next sync.", "العمل محفوظ للمزامنة." } },
    { "person_needed", { "A person is needed: see mirsal status and mirsal conflicts.",
        "الأمر يحتاج إلى شخص: انظر mirsal status و mirsal conflicts." } },
    { "rejected_lines", { "Some lines were rejected.", "رُفضت بعض الأسطر." } },
    { "nothing", { "nothing", "لا شيء" } },
    { "all_well", { "everything verifies", "كل شيء سليم" } },
    { "usage_is", { "usage", "الاستعمال" } },
    { "options", { "options", "الخيارات" } },
    { "global_options", { "options of every command", "خيارات كل أمر" } },
    { "examples", { "examples", "أمثلة" } },
    { "commands", { "commands", "الأوامر" } },
    { "more_help", { "mirsal help COMMAND says more; so does mirsal(1).",
        "للمزيد: mirsal help COMMAND أو mirsal(1)." } },
    { "yes", { "yes", "نعم" } },
    { "no", { "no", "لا" } },
    { "settle", { "settle", "الحسم" } },
    { "winner", { "shown", "المعروض" } },
    { "unknown", { "unknown", "غير معلوم" } },

    /* keys of answers */
    { "team_id", { "team", "الفريق" } },
    { "device_id", { "device", "الجهاز" } },
    { "device", { "device", "الجهاز" } },
    { "devices", { "devices", "الأجهزة" } },
    { "recovery", { "recovery file", "ملف الاستعادة" } },
    { "drilled", { "recovery file tried", "جُرِّب ملف الاستعادة" } },
    { "role", { "role", "الدور" } },
    { "label", { "label", "الاسم" } },
    { "state", { "state", "الحالة" } },
    { "name", { "name", "الاسم" } },
    { "epochs", { "epochs", "الحقب" } },
    { "epoch", { "epoch", "الحقبة" } },
    { "compartments", { "compartments", "الأقسام" } },
    { "compartment", { "compartment", "القسم" } },
    { "schema_version", { "schema version", "إصدار المخطط" } },
    { "digest", { "digest", "البصمة" } },
    { "digests", { "digests", "البصمات" } },
    { "uses", { "uses", "مرات الاستعمال" } },
    { "expires", { "expires", "تنتهي" } },
    { "protected", { "protected", "محمي" } },
    { "fingerprint", { "fingerprint", "البصمة" } },
    { "url", { "address", "العنوان" } },
    { "last_sync", { "last sync", "آخر مزامنة" } },
    { "acknowledged", { "acknowledged", "مؤكَّد" } },
    { "error", { "error", "الخطأ" } },
    { "last_seq", { "last", "الأخير" } },
    { "chains", { "chains", "السلاسل" } },
    { "cut_at", { "cut at", "مقطوعة عند" } },
    { "joined", { "joined", "انضم" } },
    { "admitted_by", { "admitted by", "قَبِله" } },
    { "verified", { "verified", "متحقَّق منه" } },
    { "this", { "this", "هذا" } },
    { "write_only", { "write-only", "كتابة فقط" } },
    { "id", { "id", "المعرّف" } },
    { "changeset", { "changeset", "حزمة التغييرات" } },
    { "changesets", { "changesets", "حزم التغييرات" } },
    { "superseded", { "supersedes", "يحل محل" } },
    { "cursor", { "cursor", "المؤشر" } },
    { "type", { "type", "النوع" } },
    { "fields", { "fields", "الحقول" } },
    { "snippet", { "text", "النص" } },
    { "title", { "title", "العنوان" } },
    { "date", { "date", "التاريخ" } },
    { "source_id", { "source id", "معرّف المصدر" } },
    { "drafts", { "drafts", "المسودات" } },
    { "draft", { "draft", "المسودة" } },
    { "made", { "made", "أُنشئت" } },
    { "parent", { "below", "تحت" } },
    { "unsent", { "unsent", "غير مرسل" } },
    { "unsent_bytes", { "unsent bytes", "بايتات غير مرسلة" } },
    { "custody", { "held by", "يحوزه" } },
    { "device_only", { "this device alone", "هذا الجهاز وحده" } },
    { "relay", { "relay", "المرحِّل" } },
    { "relays", { "relays", "المرحِّلات" } },
    { "readers", { "readers", "القرّاء" } },
    { "clock", { "clock", "الساعة" } },
    { "suspect", { "suspect", "مشكوك فيها" } },
    { "offset_s", { "seconds off", "فرق الثواني" } },
    { "records", { "records", "السجلات" } },
    { "review", { "review items", "بنود المراجعة" } },
    { "quarantined", { "quarantined", "محجور" } },
    { "quarantine", { "quarantine", "الحجر" } },
    { "waiting", { "waiting", "في الانتظار" } },
    { "waits", { "waits for", "ينتظر" } },
    { "epoch_key", { "a key", "مفتاحًا" } },
    { "dangling", { "names what is not here", "يشير إلى غير موجود" } },
    { "media_missing", { "media missing", "ملفات ناقصة" } },
    { "readable", { "readable", "مقروء" } },
    { "number", { "number", "الرقم" } },
    { "rows", { "rows", "الأسطر" } },
    { "added", { "added", "مضاف" } },
    { "updated", { "updated", "محدَّث" } },
    { "unchanged", { "unchanged", "بلا تغيير" } },
    { "rejected_total", { "rejected", "مرفوض" } },
    { "rejected", { "rejected lines", "الأسطر المرفوضة" } },
    { "code", { "code", "الرمز" } },
    { "reason", { "reason", "السبب" } },
    { "files", { "files", "الملفات" } },
    { "sha256", { "SHA-256", "SHA-256" } },
    { "missing_media", { "missing media", "ملفات ناقصة" } },
    { "pushed", { "sent", "أُرسل" } },
    { "pulled", { "fetched", "جُلب" } },
    { "bytes_out", { "bytes out", "بايتات صادرة" } },
    { "bytes_in", { "bytes in", "بايتات واردة" } },
    { "http_out", { "with headers out", "مع الترويسات، صادر" } },
    { "http_in", { "with headers in", "مع الترويسات، وارد" } },
    { "requests", { "requests", "الطلبات" } },
    { "conflicts_opened", { "conflicts opened", "تعارضات جديدة" } },
    { "media_left", { "media left", "ملفات متبقية" } },
    { "media_left_bytes", { "bytes of media left", "بايتات متبقية" } },
    { "more", { "more to come", "يتبع" } },
    { "stamp", { "time", "الوقت" } },
    { "seq", { "number", "الرقم" } },
    { "kind", { "kind", "النوع" } },
    { "writes", { "writes", "الكتابات" } },
    { "ok", { "sound", "سليم" } },
    { "problems", { "problems", "المشكلات" } },
    { "incidents", { "incidents", "الحوادث" } },
    { "without_figures", { "no figure", "بلا أرقام" } },
    { "killed", { "killed", "القتلى" } },
    { "wounded", { "wounded", "الجرحى" } },
    { "women", { "women", "نساء" } },
    { "men", { "men", "رجال" } },
    { "children", { "children", "أطفال" } },
    { "civilians", { "civilians", "مدنيون" } },
    { "combatants", { "combatants", "مقاتلون" } },
    { "place", { "place", "المكان" } },
    { "governorate", { "governorate", "المحافظة" } },
    { "actor", { "actor", "الجهة" } },
    { "source", { "source", "المصدر" } },
    { "event_type", { "type of event", "نوع الحدث" } },
    { "month", { "month", "الشهر" } },
    { "grading", { "grading", "التقدير" } },
    { "total", { "total", "المجموع" } },
    { "boundary", { "at the edge of the period", "على حافة الفترة" } },
    { "claims", { "claims", "الادعاءات" } },
    { "conflicts", { "conflicts", "التعارضات" } },
    { "invite", { "invite", "الدعوة" } },
    { "invites", { "invites", "الدعوات" } },
    { "remaining", { "left", "المتبقي" } },
    { "in_person", { "in person", "حضوريًا" } },
    { "revoked", { "revoked", "مسحوبة" } },
    { "by", { "by", "من" } },
    { "size", { "bytes", "البايتات" } },
    { "value", { "value", "القيمة" } },
    { "device_label", { "device", "الجهاز" } },
    { "history", { "history", "التاريخ" } },
    { "parts", { "belongs to it", "يتبعه" } },
    { "created", { "recorded", "سُجّل" } },
    { "origin", { "from team", "من فريق" } },
    { "sealed", { "fields here are sealed to this device", "حقول مختومة عن هذا الجهاز" } },
};
/* clang-format on */

#define MESSAGE_COUNT (sizeof(messages) / sizeof(messages[0]))

enum cli_language cli_language_of(const char *lc_all, const char *lc_messages, const char *lang)
{
    const char *candidates[] = { lc_all, lc_messages, lang };
    for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
        const char *name = candidates[i];
        if (name != NULL && name[0] != '\0') {
            int arabic = strncmp(name, "ar", 2) == 0 && strchr("_.@", name[2]) != NULL;
            return arabic ? CLI_ARABIC : CLI_ENGLISH;
        }
    }
    return CLI_ENGLISH;
}

const char *cli_text(enum cli_language language, const char *key)
{
    for (size_t i = 0; i < MESSAGE_COUNT; i++) {
        if (strcmp(messages[i].key, key) == 0) {
            return messages[i].texts[language];
        }
    }
    return key;
}

const char *cli_text_key(size_t at)
{
    return at < MESSAGE_COUNT ? messages[at].key : NULL;
}
