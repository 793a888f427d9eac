# SPDX-License-Identifier: ISC

noinst_LTLIBRARIES += libos.la
libos_la_SOURCES = \
	src/os/doorbell.c \
	src/os/doorbell.h \
	src/os/entropy.c \
	src/os/entropy.h \
	src/os/features.c \
	src/os/features.h \
	src/os/file.c \
	src/os/file.h \
	src/os/fork_guard.c \
	src/os/fork_guard.h \
	src/os/kernel.h \
	src/os/listener.c \
	src/os/listener.h \
	src/os/listener_lock.c \
	src/os/listener_lock.h \
	src/os/monotonic.h \
	src/os/name_entries.c \
	src/os/name_entries.h \
	src/os/name_lookup.c \
	src/os/name_lookup.h \
	src/os/name_table.c \
	src/os/name_table.h \
	src/os/own_process.c \
	src/os/own_process.h \
	src/os/packet_socket.c \
	src/os/packet_socket.h \
	src/os/path_fault.c \
	src/os/peer_credentials.c \
	src/os/peer_credentials.h \
	src/os/poll_set.c \
	src/os/poll_set.h \
	src/os/poll_tag.h \
	src/os/proc_file.c \
	src/os/proc_file.h \
	src/os/process.c \
	src/os/process_facts.c \
	src/os/process_facts.h \
	src/os/secret_file.c \
	src/os/secret_file.h \
	src/os/segment.c \
	src/os/segment.h \
	src/os/segment_mapping.c \
	src/os/socket_close.c \
	src/os/socket_close.h \
	src/os/socket_connect.c \
	src/os/subordinate_uids.c \
	src/os/subordinate_uids.h \
	src/os/trusted_file.c \
	src/os/trusted_file.h \
	src/os/trusted_listing.c \
	src/os/trusted_path.c \
	src/os/trusted_path.h
