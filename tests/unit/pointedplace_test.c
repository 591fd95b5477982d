/* SPDX-License-Identifier: Apache-2.0 */
/* unit/pointedplace_test.c - coordinates in free text, and what is none. */
#include "test_env.h"
#include "textsigns.h"

#include <string.h>

static void check(const char *text, int expected)
{
    if (mir_pointed_place((struct mir_bytes){ (const uint8_t *)text, strlen(text) }) != expected) {
        fail_msg("%s: expected %d", text, expected);
    }
}

static void coordinates(void **state)
{
    (void)state;
    check("35.641, 36.671", 1);
    check("at 35.6412 N 36.6711 E", 1);
    check("٣٥٫٦٤١٢ ، ٣٦٫٦٧١١", 1);
    check("35°38'27\"N 36°40'15\"E", 1);
    check("35°35′31″ شمال", 1);
    check("35.592°N", 1);
    check("35,59209 36,49474", 1);
    check("35 35 31 N 36 29 41 E", 1);
    check("N 35 35.523 E 36 29.684", 1);
    check("at 37S BV 123 678.", 1);
    check("37S BV 12345 67890", 1);
    check("37SBV1234567890", 1);
    check("8G6XPF2R+MV Idlib", 1);
    check("https://goo.gl/maps/abcdef", 1);
    check("wounded: 12 13 N, killed 5 6 E", 0);
    check("10 000, 12 000 people; 1,234,567", 0);
    check("12 M and 4 T tanks, C++ and A+BC", 0);
    check("costs 3.50 or 4.25", 0);
    check("a temperature of 35° that day", 0);
    check("version 1.234 of the list", 0);
}

static void nothing_is_no_place(void **state)
{
    (void)state;
    check("", 0);
    check("\xe0\xff", 0);
    check("+ + +12 37S", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coordinates),
        cmocka_unit_test(nothing_is_no_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
