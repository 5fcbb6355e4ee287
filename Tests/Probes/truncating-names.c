// A server of names that answers nothing by packets but that the answer is too long for one:
//   truncating-names ADDRESS   takes questions there at port 53; over a connection every name has the address 198.51.100.7
//
// Says `ready` when it is there, and for each question how it came: `packet`, `connection`.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int bound(const char *address, int type) {
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(53)};
    int number = socket(AF_INET, type, 0), on = 1;
    if (number < 0 || inet_pton(AF_INET, address, &place.sin_addr) != 1) return -1;
    setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return bind(number, (struct sockaddr *)&place, sizeof place) == 0 ? number : -1;
}

// The length of the question in a message, or 0.
static size_t question(const unsigned char *message, size_t length) {
    size_t place = 12;
    while (place < length && message[place]) place += message[place] + 1u;
    return place + 5 <= length ? place + 5 - 12 : 0;
}

// Makes an answer of a question, in its place: cut off, or with one address.
static size_t answer(unsigned char *message, size_t length, int is_cut) {
    static const unsigned char record[] = {0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 198, 51, 100, 7};
    size_t asked = question(message, length);
    if (!asked) return 0;
    message[2] = (unsigned char)(0x80 | (message[2] & 1) | (is_cut ? 2 : 0));
    message[3] = 0x80;
    memset(message + 6, 0, 6);
    // Whoever asks for another kind is told that there is none.
    int has_address = !is_cut && message[12 + asked - 3] == 1;
    message[7] = (unsigned char)has_address;
    if (has_address) memcpy(message + 12 + asked, record, sizeof record);
    return 12 + asked + (has_address ? sizeof record : 0);
}

static void answer_connection(int connection) {
    unsigned char message[4096];
    for (;;) {
        unsigned char length[2];
        if (recv(connection, length, 2, MSG_WAITALL) != 2) return;
        size_t count = (size_t)length[0] << 8 | length[1];
        if (count < 17 || count > sizeof message - 64) return;
        if (recv(connection, message, count, MSG_WAITALL) != (ssize_t)count) return;
        puts("connection");
        count = answer(message, count, 0);
        length[0] = (unsigned char)(count >> 8);
        length[1] = (unsigned char)count;
        if (!count || send(connection, length, 2, MSG_NOSIGNAL | MSG_MORE) != 2) return;
        if (send(connection, message, count, MSG_NOSIGNAL) != (ssize_t)count) return;
    }
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    int packets = argc == 2 ? bound(argv[1], SOCK_DGRAM) : -1, listener = argc == 2 ? bound(argv[1], SOCK_STREAM) : -1;
    if (packets < 0 || listener < 0 || listen(listener, 16) < 0) {
        perror("bind");
        return 1;
    }
    puts("ready");
    struct pollfd ends[2] = {{.fd = packets, .events = POLLIN}, {.fd = listener, .events = POLLIN}};
    while (poll(ends, 2, -1) > 0) {
        if (ends[0].revents) {
            unsigned char message[4096];
            struct sockaddr_in asker;
            socklen_t size = sizeof asker;
            ssize_t count = recvfrom(packets, message, sizeof message - 64, 0, (struct sockaddr *)&asker, &size);
            size_t length = count >= 17 ? answer(message, (size_t)count, 1) : 0;
            puts("packet");
            if (length) sendto(packets, message, length, 0, (struct sockaddr *)&asker, size);
        }
        if (ends[1].revents) {
            int connection = accept(listener, NULL, NULL);
            if (connection >= 0) answer_connection(connection);
            if (connection >= 0) close(connection);
        }
    }
    return 1;
}
