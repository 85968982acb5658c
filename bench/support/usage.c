/*
 * Runs a program and then writes one line of JSON to standard error: the seconds it took, the CPU seconds the system
 * charged it, and its largest resident size in bytes.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval time) { return time.tv_sec + time.tv_usec / 1e6; }

int main(int count, char **arguments) {
  struct timespec begin, end;
  struct rusage usage;
  int status = 127;
  if (count < 2) return 127;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  pid_t child = fork();
  if (child == 0) {
    execvp(arguments[1], arguments + 1);
    _exit(127);
  }
  if (child < 0 || wait4(child, &status, 0, &usage) < 0) return 127;
  clock_gettime(CLOCK_MONOTONIC, &end);
  fprintf(stderr, "{\"wall\":%.6f,\"cpu\":%.6f,\"peak\":%ld}\n",
          (end.tv_sec - begin.tv_sec) + (end.tv_nsec - begin.tv_nsec) / 1e9,
          seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss * 1024);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
