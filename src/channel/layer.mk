# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libchannel.la
libchannel_la_SOURCES = \
	src/channel/channel.h \
	src/channel/channel_state.h \
	src/channel/channel_doorbell.c \
	src/channel/channel_doorbell.h \
	src/channel/channel_detached.c \
	src/channel/channel_detached.h \
	src/channel/channel_end.c \
	src/channel/channel_open.c \
	src/channel/channel_receive.c \
	src/channel/channel_sealed.c \
	src/channel/channel_sealed.h \
	src/channel/channel_send.c \
	src/channel/channel_stats.c \
	src/channel/channel_traffic.h \
	src/channel/channel_wait.c \
	src/channel/channel_watermark.c
