/* in_terminal.c - runs a program on a terminal of its own and checks the width of its lines:
 *
 *   in-terminal COLUMNS[,COLUMNS...] PROGRAM ARGUMENT...
 *
 * Stdout and stderr of the program are the terminal. It gets the next width whenever the program
 * has rewritten a line. Its output goes to stdout. Exit code 99, with a line on stderr: a line was
 * wider than the terminal, or a line was rewritten that did not end with the cursor at its
 * beginning, so that a narrower terminal keeps a part of it; 77: no terminals here; else the code
 * of the program. A character is a column wide. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* What the program has written so far. */
static struct screen {
    int master;
    char *widths;     /* the next ones */
    int columns;      /* width of the terminal */
    int before;       /* its width before that; lines that are on their way may still have it */
    int unread;       /* bytes of this read that are to be looked at */
    int on_their_way; /* bytes that were written before the change; one line more may follow, and
                         -1 then */
    int columns_used; /* of the current line */
    bool after_text;  /* the last return of the cursor ended a line that is not empty */
    bool escape;      /* within an escape sequence */
    bool fault;
} screen;

static void next_width(void) {
    struct winsize size = {.ws_row = 24};
    char *word = strtok(screen.widths, ",");
    screen.widths = NULL; /* go on */
    if (!word) return;
    screen.before = screen.columns;
    screen.columns = atoi(word);
    size.ws_col = (unsigned short)screen.columns;
    ioctl(screen.master, TIOCSWINSZ, &size);
    ioctl(screen.master, FIONREAD, &screen.on_their_way);
    screen.on_their_way += screen.unread;
}

static void end_line(void) {
    int limit = screen.columns;
    if (screen.before && screen.on_their_way >= 0 && screen.before > limit) limit = screen.before;
    if (screen.columns_used > limit) {
        fprintf(stderr, "in-terminal: a line of %d columns on %d\n", screen.columns_used, limit);
        screen.fault = true;
    }
    if (screen.on_their_way == 0) screen.on_their_way = -1; /* the one line more */
    screen.columns_used = 0;
}

static void take(unsigned char c) {
    if (screen.on_their_way > 0) screen.on_their_way--;
    if (c == '\033') {
        screen.escape = true;
    } else if (screen.escape) {
        bool ended = c >= '@' && c != '[';
        if (ended) screen.escape = false;
        if (c == 'J' && screen.after_text) {
            fprintf(stderr,
                    "in-terminal: a line that is rewritten ends with the cursor behind it\n");
            screen.fault = true;
        }
    } else if (c == '\r') {
        screen.after_text = screen.columns_used > 0;
        end_line();
        if (screen.after_text) next_width();
    } else if (c == '\n') {
        end_line();
    } else {
        screen.columns_used += (c & 0xc0) != 0x80;
    }
}

static int start(char **arguments) {
    int slave;
    screen.master = posix_openpt(O_RDWR | O_NOCTTY);
    if (screen.master < 0 || grantpt(screen.master) != 0 || unlockpt(screen.master) != 0 ||
        (slave = open(ptsname(screen.master), O_RDWR | O_NOCTTY)) < 0) {
        fprintf(stderr, "in-terminal: no terminal: %s\n", strerror(errno));
        exit(77);
    }
    struct termios plain;
    tcgetattr(slave, &plain);
    plain.c_oflag &= ~(tcflag_t)OPOST; /* no return of the cursor but the program's */
    tcsetattr(slave, TCSANOW, &plain);
    next_width();
    int pid = fork();
    if (pid == 0) {
        dup2(slave, 1);
        dup2(slave, 2);
        close(slave);
        close(screen.master);
        execv(arguments[0], arguments);
        _exit(127);
    }
    close(slave);
    return pid;
}

int main(int argc, char **argv) {
    unsigned char bytes[4096];
    int status = 0;
    if (argc < 3) return 2;
    screen.widths = argv[1];
    screen.on_their_way = -1;
    int pid = start(argv + 2);
    for (;;) { /* the end of the last program on it is an error of the terminal */
        ssize_t count = read(screen.master, bytes, sizeof bytes);
        if (count <= 0) break;
        for (ssize_t i = 0; i < count; i++) {
            screen.unread = (int)(count - i - 1);
            take(bytes[i]);
        }
        fwrite(bytes, 1, (size_t)count, stdout);
    }
    waitpid(pid, &status, 0);
    return screen.fault ? 99 : WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
