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
    check("\u200e+963 933\u200f 123\u200e 456", PHONE);
    check("\u202a0933\u2011123\u2013456\u202c", PHONE);
    check("0933.123.456", PHONE);
    check("0933_123_456", PHONE);
    check("on 2019-11-17 0933 123 456", PHONE);
    check("2019-11-17 14:30", 0);
    check("17/11/2019 18/11/2019", 0);
    check("2016 2017 2018 2019", 0);
    check("3.5 km north, 12.25 km east, 10 000 people", 0);
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
    check("DE89 3704 0044 0532 0130 00", ACCOUNT);
    check("SY12 0001 0002 0003 0004 0005 0006,", ACCOUNT);
    check("account 123456789012345678", ACCOUNT);
    check("card 4111 1111 1111 1111", ACCOUNT);
    check("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", ACCOUNT);
    check("a.b\uff20example.org", ACCOUNT);
    check("SY12 shelling of 2019 and 2020 hits", 0);
    check("at the market @ noon", 0);
    check("https://example.org/report", 0);
    check("the box.com/ office", 0);
    check("SY12 shelling", 0);
}

static void coordinates(void **state)
{
    (void)state;
    check("at 35.6412 N 36.6711 E", COORDINATE);
    check("37SBV1234567890", COORDINATE | PHONE);
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
