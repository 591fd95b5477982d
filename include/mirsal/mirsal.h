/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/mirsal.h - the whole public interface of libmirsal.
 */
#ifndef MIRSAL_MIRSAL_H
#define MIRSAL_MIRSAL_H

#include <mirsal/backup.h>
#include <mirsal/bench.h>
#include <mirsal/bundle.h>
#include <mirsal/draft.h>
#include <mirsal/error.h>
#include <mirsal/exchange.h>
#include <mirsal/handoff.h>
#include <mirsal/members.h>
#include <mirsal/merge.h>
#include <mirsal/purge.h>
#include <mirsal/record.h>
#include <mirsal/recovery.h>
#include <mirsal/secrecy.h>
#include <mirsal/serve.h>
#include <mirsal/store.h>
#include <mirsal/sync.h>
#include <mirsal/team.h>
#include <mirsal/types.h>

#endif
