/* sleeper.c - a program that answers nothing and ends only when it is killed. */
#include <windows.h>

int main(void) {
    Sleep(INFINITE);
    return 0;
}
