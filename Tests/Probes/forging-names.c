// A server of names that is asked while somebody else answers as well:
//   forging-names ADDRESS   takes questions there at port 53; every name has the address 198.51.100.7. Before that come answers that say
//                           198.51.100.66: from another port, with another number, and to another question
//
// Says `ready` when it is there, and for each question `asked`.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int bound(const char *address, unsigned short port) {
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(port)};
    int number = socket(AF_INET, SOCK_DGRAM, 0);
    if (number < 0 || inet_pton(AF_INET, address, &place.sin_addr) != 1) return -1;
    return bind(number, (struct sockaddr *)&place, sizeof place) == 0 ? number : -1;
}

// The length of the question in a message, or 0.
static size_t question(const unsigned char *message, size_t length) {
    size_t place = 12;
    while (place < length && message[place]) place += message[place] + 1u;
    return place + 5 <= length ? place + 5 - 12 : 0;
}

// Makes an answer of a question, in its place: one address, for whoever asks for that kind.
static size_t answer(unsigned char *message, size_t length, unsigned char last) {
    const unsigned char record[] = {0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 198, 51, 100, last};
    size_t asked = question(message, length);
    if (!asked) return 0;
    message[2] = (unsigned char)(0x80 | (message[2] & 1));
    message[3] = 0x80;
    memset(message + 6, 0, 6);
    int has_address = message[12 + asked - 3] == 1;
    message[7] = (unsigned char)has_address;
    if (has_address) memcpy(message + 12 + asked, record, sizeof record);
    return 12 + asked + (has_address ? sizeof record : 0);
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    int own = argc == 2 ? bound(argv[1], 53) : -1, other = argc == 2 ? bound(argv[1], 0) : -1;
    if (own < 0 || other < 0) {
        perror("bind");
        return 1;
    }
    puts("ready");
    for (;;) {
        unsigned char message[4096], forged[4096];
        struct sockaddr_in asker;
        socklen_t size = sizeof asker;
        ssize_t count = recvfrom(own, message, sizeof message - 64, 0, (struct sockaddr *)&asker, &size);
        if (count < 17) continue;
        puts("asked");
        memcpy(forged, message, sizeof forged);
        size_t length = answer(forged, (size_t)count, 66);
        if (!length) continue;
        sendto(other, forged, length, 0, (struct sockaddr *)&asker, size);
        forged[0] ^= 1;
        sendto(own, forged, length, 0, (struct sockaddr *)&asker, size);
        forged[0] ^= 1;
        forged[13] = forged[13] == 'x' ? 'y' : 'x';
        sendto(own, forged, length, 0, (struct sockaddr *)&asker, size);
        length = answer(message, (size_t)count, 7);
        sendto(own, message, length, 0, (struct sockaddr *)&asker, size);
    }
}
