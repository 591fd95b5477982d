/* SPDX-License-Identifier: Apache-2.0 */
/* unit/pointed_test.c - what is pointed out in free text, and what is not. */
#include "pointed.h"

#include "test_env.h"

#include <string.h>

#define PHONE      MIR_POINTED_PHONE
#define ACCOUNT    MIR_POINTED_ACCOUNT
#define COORDINATE MIR_POINTED_COORDINATE

static void check(const char *text, unsigned expected)
{
    unsigned found = mir_pointed_scan((struct mir_bytes){ (const uint8_t *)text, strlen(text) });
    if (found != expected) {
        fail_msg("%s: %u, expected %u", text, found, expected);
    }
}

static void telephone_numbers(void **state)
{
    (void)state;
    check("call +963 944 123 456 tonight", PHONE);
    check("0944123456", PHONE);
    check("(021) 234-567-890", PHONE);
    check("هاتف ٠٩٤٤١٢٣٤٥٦", PHONE);
    check("۰۹۴۴ ۱۲۳ ۴۵۶", PHONE);
    check("on 2019-11-17 at 09:00", 0);
    check("between 12 and 15 killed, 1,234 displaced", 0);
    check("5 of 12", 0);
    check("at 12345678901234567890", 0);
}

static void accounts(void **state)
{
    (void)state;
    check("write to abu.ahmad@example.org", ACCOUNT);
    check("see @abu_ahmad", ACCOUNT);
    check("(@abu)", ACCOUNT);
    check("https://t.me/someone", ACCOUNT);
    check("facebook.com/someone.else", ACCOUNT);
    check("https://user:secret@host.example/", ACCOUNT);
    check("IBAN TR330006100519786457841326", ACCOUNT);
    check("at the market @ noon", 0);
    check("https://example.org/report", 0);
    check("the box.com/ office", 0);
    check("SY12 shelling", 0);
}

static void coordinates(void **state)
{
    (void)state;
    check("35.641, 36.671", COORDINATE);
    check("at 35.6412 N 36.6711 E", COORDINATE);
    check("٣٥٫٦٤١٢ ، ٣٦٫٦٧١١", COORDINATE);
    check("35°38'27\"N 36°40'15\"E", COORDINATE);
    check("costs 3.50 or 4.25", 0);
    check("a temperature of 35° that day", 0);
    check("version 1.234 of the list", 0);
}

static void broken_text_ends_quietly(void **state)
{
    (void)state;
    for (unsigned byte = 0x80; byte < 0x100; byte++) {
        const uint8_t text[] = { 'a', (uint8_t)byte };
        assert_int_equal(mir_pointed_scan((struct mir_bytes){ text, 2 }), 0);
    }
    assert_int_equal(mir_pointed_scan((struct mir_bytes){ NULL, 0 }), 0);
    assert_string_equal(mir_pointed_name(MIR_POINTED_ACCOUNT), "account");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(telephone_numbers),
        cmocka_unit_test(accounts),
        cmocka_unit_test(coordinates),
        cmocka_unit_test(broken_text_ends_quietly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
