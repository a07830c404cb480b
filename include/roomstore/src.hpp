#pragma once

/// @file
/// The definitions of everything that the other headers only declare. The target
/// `roomstore::roomstore` contains them compiled. With `roomstore::header_only`, include this
/// header in exactly one source file of the program.

#include "roomstore/impl/changes.ipp"
#include "roomstore/impl/content.ipp"
#include "roomstore/impl/conversation_store.ipp"
#include "roomstore/impl/event_pager.ipp"
#include "roomstore/impl/failing_store.ipp"
#include "roomstore/impl/forwarding_store.ipp"
#include "roomstore/impl/id.ipp"
#include "roomstore/impl/inbox.ipp"
#include "roomstore/impl/json.ipp"
#include "roomstore/impl/observed_store.ipp"
#include "roomstore/impl/room_feed.ipp"
#include "roomstore/impl/timestamp.ipp"
#include "roomstore/impl/watch.ipp"
#include "roomstore/memory/impl/in_memory_store.ipp"
