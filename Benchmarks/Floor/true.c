// The program in the bundle: says that it ran, and ends; with an argument it waits to be ended.
#include <unistd.h>

int main(int count, char **values) {
    (void)values;
    while (count > 1) pause();
    return write(1, "ran\n", 4) == 4 ? 0 : 1;
}
