/* SPDX-License-Identifier: BSD-3-Clause */
/* A port on an existing interface by a raw packet socket, for example one end of a veth pair. */

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>

#include "log.h"
#include "port.h"

/* Bytes that wait for the card: the kernel's default holds no burst of a thousand frames. */
#define RECEIVE_BUFFER (8 << 20)

static int veth_setup(struct port *port, const char *name)
{
	const unsigned int index = if_nametoindex(name);
	const int one = 1, buffer = RECEIVE_BUFFER;
	struct packet_mreq all = { .mr_ifindex = (int)index, .mr_type = PACKET_MR_PROMISC };
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_ifindex = (int)index,
				       .sll_protocol = htons(ETH_P_ALL) };

	if (index == 0)
		return -errno;
	/*
	 * Our own frames must not come back. Tags arrive beside the frame. The virtio header says
	 * where a checksum is still missing: a local sender leaves it to a hardware that is not
	 * there, and nothing with a wrong checksum may reach the wire.
	 */
	if (setsockopt(port->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) != 0 ||
	    setsockopt(port->fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) != 0 ||
	    setsockopt(port->fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)) != 0 ||
	    (setsockopt(port->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) != 0 &&
	     setsockopt(port->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer)) != 0) ||
	    bind(port->fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    setsockopt(port->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) != 0)
		return -errno;
	return 0;
}

static int veth_open(struct port *port, char **arguments)
{
	int err;

	/* Protocol 0: nothing is received before the options are set. */
	port->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (port->fd < 0)
		return -errno;
	err = veth_setup(port, arguments[0]);
	if (err != 0) {
		close(port->fd);
		port->fd = -1;
	}
	return err;
}

/* Computes the checksum that the sender left out. The field holds the pseudo header's sum. */
static void complete_checksum(uint8_t *frame, size_t length, const struct virtio_net_hdr *header)
{
	size_t start = header->csum_start, field = start + header->csum_offset;
	uint64_t sum = 0;

	if (field + 2 > length)
		return;
	for (size_t i = start; i < length; i += 2)
		sum += (uint64_t)frame[i] << 8 | (i + 1 < length ? frame[i + 1] : 0);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	/* UDP, whose field is at 6: 0 would say that there is none. */
	if (sum == 0 && header->csum_offset == 6)
		sum = 0xffff;
	frame[field] = (uint8_t)(sum >> 8);
	frame[field + 1] = (uint8_t)sum;
}

static size_t restore_tag(uint8_t *frame, size_t length, const struct tpacket_auxdata *extra)
{
	uint16_t type = ETH_P_8021Q;

	if ((extra->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0)
		type = extra->tp_vlan_tpid;
	memmove(frame + 16, frame + 12, length - 12);
	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
	frame[14] = (uint8_t)(extra->tp_vlan_tci >> 8);
	frame[15] = (uint8_t)extra->tp_vlan_tci;
	return length + 4;
}

static ssize_t veth_receive(struct port *port, uint8_t *frame, size_t room)
{
	struct virtio_net_hdr header;
	union {
		char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		struct cmsghdr align;
	} control;
	/* Room for a tag stays free. */
	struct iovec parts[] = { { &header, sizeof(header) }, { frame, room - 4 } };
	struct msghdr message = { .msg_iov = parts,
				  .msg_iovlen = 2,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	ssize_t got = recvmsg(port->fd, &message, 0);
	size_t length;

	if (got < 0)
		return errno == EINTR || errno == ENETDOWN ? -EAGAIN : -errno;
	length = (size_t)got < sizeof(header) ? 0 : (size_t)got - sizeof(header);
	/* No wire carries these: segmentation must be off at the sender. */
	if ((message.msg_flags & MSG_TRUNC) != 0 || header.gso_type != VIRTIO_NET_HDR_GSO_NONE) {
		sim_log(LOG_DEBUG, "port %u: unsegmented frame dropped", port->number);
		return 0;
	}
	if (length < ETH_HLEN)
		return 0;
	if ((header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0)
		complete_checksum(frame, length, &header);
	for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part != NULL;
	     part = CMSG_NXTHDR(&message, part)) {
		struct tpacket_auxdata extra;

		if (part->cmsg_level != SOL_PACKET || part->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&extra, CMSG_DATA(part), sizeof(extra));
		if ((extra.tp_status & TP_STATUS_VLAN_VALID) != 0)
			length = restore_tag(frame, length, &extra);
	}
	return (ssize_t)length;
}

static int veth_send(struct port *port, const uint8_t *frame, uint32_t length)
{
	struct virtio_net_hdr header = { 0 };
	struct iovec parts[] = { { &header, sizeof(header) }, { (void *)frame, length } };

	if (writev(port->fd, parts, 2) >= 0)
		return 0;
	return errno == ENOBUFS ? -EAGAIN : -errno;
}

static bool veth_carrier(const struct port *port)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%.15s", port->name);
	return ioctl(port->fd, SIOCGIFFLAGS, &request) == 0 &&
	       (request.ifr_flags & IFF_RUNNING) != 0;
}

static void veth_close(struct port *port)
{
	if (port->fd >= 0)
		close(port->fd);
	port->fd = -1;
}

const struct port_kind port_veth = {
	.name = "veth",
	.arguments = 1,
	.open = veth_open,
	.receive = veth_receive,
	.send = veth_send,
	.carrier = veth_carrier,
	.close = veth_close,
};
