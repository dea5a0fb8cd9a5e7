/* Another wall clock for one process: shifted, faster, slower or frozen.
 *
 * Preloaded (LD_PRELOAD) into a server, whose keys expire by the wall clock. The
 * clock is steered through a file that the server and the test both map or write,
 * so that it changes while the server runs. `Skew` in ../src/skew.rs writes it; the
 * layout is known to these two files only. The monotonic clock stays as it is:
 * event loops sleep by it.
 *
 * Libraries that do the same exist, but hang in servers that use jemalloc: they look
 * the real functions up by dlsym, which allocates, which reads the clock. Here the
 * real time comes from the kernel directly.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* At the real time `real_us` the clock shows `shown_us`, and it goes on at
 * `speed_ppm` millionths of the real speed; 0 is frozen. Times are microseconds since
 * 1970, and real time is at most 100 days away: the product fits 64 bits. */
struct setting {
    int64_t real_us;
    int64_t shown_us;
    int64_t speed_ppm;
};

/* The setting in force is the one that `turn` is odd or even for. A new one is
 * written to the other place first, so that a reader never waits for a writer. */
struct plan {
    _Atomic uint64_t turn;
    struct setting settings[2];
};

static struct plan *plan;

/* Without the variable the clock is the real one. With it, a plan that can't be read
 * must not go unnoticed: the tests would pass without testing anything. */
__attribute__((constructor)) static void map_plan(void)
{
    const char *path = getenv("QUORLOCK_SKEW_FILE");
    if (path == NULL)
        return;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    void *map = file < 0 ? MAP_FAILED
                         : mmap(NULL, sizeof(struct plan), PROT_READ, MAP_SHARED, file, 0);
    if (map == MAP_FAILED) {
        static const char words[] = "skew: QUORLOCK_SKEW_FILE can't be mapped\n";
        ssize_t written = write(STDERR_FILENO, words, sizeof(words) - 1);
        _exit(written < 0 ? 71 : 70);
    }
    close(file);
    plan = map;
}

static int64_t real_us(void)
{
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t shown_us(void)
{
    int64_t now = real_us();
    if (plan == NULL)
        return now;
    for (;;) {
        uint64_t turn = atomic_load_explicit(&plan->turn, memory_order_acquire);
        struct setting in_force = plan->settings[turn % 2];
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&plan->turn, memory_order_relaxed) == turn)
            return in_force.shown_us
                 + (now - in_force.real_us) * in_force.speed_ppm / 1000000;
    }
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    int64_t us = shown_us();
    now->tv_sec = us / 1000000;
    now->tv_usec = us % 1000000;
    return 0;
}

time_t time(time_t *now)
{
    time_t seconds = shown_us() / 1000000;
    if (now != NULL)
        *now = seconds;
    return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
        return (int)syscall(SYS_clock_gettime, clock, now);
    int64_t us = shown_us();
    now->tv_sec = us / 1000000;
    now->tv_nsec = us % 1000000 * 1000;
    return 0;
}

/* Where the processor counts at a constant rate, Valkey 9 reads the wall clock once in
 * a millisecond and counts on from there, so that a frozen clock would not stand. It
 * learns the rate here, and without it reads the clock each time. In glibc for 64-bit
 * machines fopen and fopen64 are one function. */
FILE *fopen64(const char *restrict path, const char *restrict mode)
{
    if (strcmp(path, "/proc/cpuinfo") == 0) {
        errno = ENOENT;
        return NULL;
    }
    return fopen(path, mode);
}
