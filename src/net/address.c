/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/address.c - addresses of this machine; see the header.
 */
#include "address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

int mir_address_is_any(const char *host)
{
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

int mir_address_near(char out[MIR_ADDRESS_SIZE])
{
    struct ifaddrs *all = NULL;
    int found = 0;
    if (getifaddrs(&all) != 0) {
        return 0;
    }
    for (const struct ifaddrs *at = all; at != NULL && !found; at = at->ifa_next) {
        struct sockaddr_in address;
        if (at->ifa_addr == NULL || at->ifa_addr->sa_family != AF_INET) {
            continue;
        }
        memcpy(&address, at->ifa_addr, sizeof address);
        if (ntohl(address.sin_addr.s_addr) >> 24 != 127u) {
            found = inet_ntop(AF_INET, &address.sin_addr, out, MIR_ADDRESS_SIZE) != NULL;
        }
    }
    freeifaddrs(all);
    return found;
}

void mir_address_append(struct mir_buf *out, const char *host, uint16_t port)
{
    int bare = strchr(host, ':') == NULL;
    mir_buf_append_format(out, bare ? "%s:%u" : "[%s]:%u", host, (unsigned)port);
}
