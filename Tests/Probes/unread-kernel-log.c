// Prints how many bytes of the kernel's log nobody has read (syslog(2), SYSLOG_ACTION_SIZE_UNREAD), after putting a line into it.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

int main(int count, char **words) {
    const char *line = "isolab: a line that nobody has read\n";
    if (count > 1 && !strcmp(words[1], "write")) {
        int log = open("/dev/kmsg", O_WRONLY);
        if (log < 0 || write(log, line, strlen(line)) < 0) return perror("/dev/kmsg"), 1;
    }
    int size = klogctl(9, NULL, 0);
    if (size < 0) return perror("klogctl"), 1;
    printf("%d\n", size);
    return 0;
}
