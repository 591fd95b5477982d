/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/address.h - how another machine nearby reaches this one.
 */
#ifndef MIR_ADDRESS_H
#define MIR_ADDRESS_H

#include "buf.h"

#define MIR_ADDRESS_SIZE 64u

/* 1 where a host stands for every address of the machine. */
int mir_address_is_any(const char *host);
/* An address of this machine in its network: the first of IPv4 that is no loopback. 0: none. */
int mir_address_near(char out[MIR_ADDRESS_SIZE]);
/* Appends HOST:PORT, an IPv6 host in brackets. */
void mir_address_append(struct mir_buf *out, const char *host, uint16_t port);

#endif
