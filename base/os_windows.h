/* os_windows.h - translates Win32 error codes, for files that only Windows compiles.
 */
#ifndef BASE_OS_WINDOWS_H
#define BASE_OS_WINDOWS_H

/* The code that os.h would return for a Win32 code, of GetLastError or of an operation that ended:
 * Winsock's (10000 and above) where there is one, else errno's (below). 0 stays 0. */
int os_windows_error(unsigned long code);

#endif
