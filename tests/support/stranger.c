/* SPDX-License-Identifier: ISC */
/*
 * A stranger: the client's side of a handshake, one step at a time
 */
#include "support/stranger.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "channel/channel.h"

int stranger_connect(struct stranger *stranger, const char *socket_path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd PST_FD_OWNED = -1;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s",
		     socket_path) >= (int)sizeof(address.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address,
			      sizeof(address)) < 0)
		return -errno;
	stranger->socket_fd = pst_fd_take(&fd);
	return 0;
}

void stranger_close(struct stranger *stranger)
{
	pst_segment_unmap(&stranger->own_mapping);
	pst_segment_unmap(&stranger->node_mapping);
	stranger->segment_fds[0] = pst_fd_close(stranger->segment_fds[0]);
	stranger->segment_fds[1] = pst_fd_close(stranger->segment_fds[1]);
	stranger->socket_fd = pst_fd_close(stranger->socket_fd);
}

void stranger_fill_hello(struct pst_hello *ret_hello)
{
	memset(ret_hello, 0, sizeof(*ret_hello));
	ret_hello->kind = PST_WIRE_KIND_CHANNEL;
	(void)strcpy(ret_hello->node_name, "orders");
	(void)strcpy(ret_hello->instance, "stranger");
	ret_hello->requested.directions = POSTERN_DIRECTION_TO_NODE |
					  POSTERN_DIRECTION_FROM_NODE;
	ret_hello->requested.ring_bytes = 16 * 1024;
	ret_hello->requested.message_bytes = 4 * 1024;
	ret_hello->layout_version = pst_channel_layout_version();
	ret_hello->security_bits = 1u << POSTERN_SECURITY_NONE;
}

void stranger_request_no_channel(struct pst_hello *hello,
				 enum pst_wire_kind kind)
{
	hello->kind = kind;
	hello->layout_version = 0;
	memset(&hello->requested, 0, sizeof(hello->requested));
}

int stranger_send_hello(const struct stranger *stranger,
			const struct pst_hello *hello)
{
	struct pst_wire_record record;
	int r;

	r = pst_wire_write_hello(hello, &record);
	if (r < 0)
		return r;
	return pst_packet_send(stranger->socket_fd, record.bytes,
			       record.byte_count);
}

int stranger_say_hello(const struct stranger *stranger)
{
	struct pst_hello hello;

	stranger_fill_hello(&hello);
	return stranger_send_hello(stranger, &hello);
}

int stranger_take_offer(struct stranger *stranger)
{
	struct pst_wire_record record;
	int r;

	r = pst_packet_receive_with_fds(stranger->socket_fd, record.bytes,
					sizeof(record.bytes),
					&record.byte_count,
					stranger->segment_fds, 2);
	if (r < 0)
		return r;
	return pst_wire_read_offer(record.bytes, record.byte_count,
				   &stranger->offer);
}

int stranger_pay_for_own(struct stranger *stranger)
{
	int r;

	r = pst_segment_map_writable(stranger->segment_fds[1],
				     stranger->offer.control_bytes,
				     stranger->offer.send.ring_bytes,
				     &stranger->own_mapping);
	if (r < 0)
		return r;
	return pst_segment_populate_for_writing(&stranger->own_mapping);
}

int stranger_pay_for_nodes(struct stranger *stranger)
{
	int r;

	r = pst_segment_map_readable(stranger->segment_fds[0],
				     stranger->offer.control_bytes,
				     stranger->offer.receive.ring_bytes,
				     &stranger->node_mapping);
	if (r < 0)
		return r;
	return pst_segment_populate_for_reading(&stranger->node_mapping);
}

int stranger_seal(const struct stranger *stranger, int seals)
{
	return pst_segment_add_seals(stranger->segment_fds[1], seals);
}

int stranger_do_its_part(struct stranger *stranger)
{
	int r;

	r = stranger_pay_for_nodes(stranger);
	if (r < 0)
		return r;
	r = stranger_pay_for_own(stranger);
	if (r < 0)
		return r;
	return stranger_seal(stranger, PST_SEGMENT_SEALS_WRITER_DONE);
}

int stranger_say_ready(const struct stranger *stranger)
{
	struct pst_wire_record record;
	struct pst_ready ready = {0};
	int r;

	memcpy(ready.session_id, stranger->offer.session_id,
	       sizeof(ready.session_id));
	r = pst_wire_write_ready(&ready, &record);
	if (r < 0)
		return r;
	return pst_packet_send(stranger->socket_fd, record.bytes,
			       record.byte_count);
}

int stranger_take_go(const struct stranger *stranger)
{
	struct pst_wire_record record;
	struct pst_go go;
	int r;

	r = pst_packet_receive(stranger->socket_fd, 0, record.bytes,
			       sizeof(record.bytes), &record.byte_count, NULL);
	if (r < 0)
		return r;
	return pst_wire_read_go(record.bytes, record.byte_count, &go);
}

int stranger_take_refusal(const struct stranger *stranger,
			  enum pst_refuse_code *ret_code)
{
	struct pst_wire_record record;
	struct pst_refuse refuse;
	int fds[PST_PACKET_FDS_MAX];
	int r;

	r = pst_packet_receive_with_fds(stranger->socket_fd, record.bytes,
					sizeof(record.bytes),
					&record.byte_count, fds, 2);
	if (r < 0)
		return r;
	if (fds[0] >= 0) {
		(void)pst_fd_close(fds[0]);
		(void)pst_fd_close(fds[1]);
		return -EBADMSG;
	}
	r = pst_wire_read_refuse(record.bytes, record.byte_count, &refuse);
	if (r < 0)
		return r;
	*ret_code = refuse.code;
	return 0;
}

bool stranger_is_alone(const struct stranger *stranger)
{
	uint8_t byte;

	return recv(stranger->socket_fd, &byte, sizeof(byte),
		    MSG_DONTWAIT | MSG_PEEK) == 0 ||
	       errno == ECONNRESET;
}
