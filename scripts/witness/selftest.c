/*
 * A callback thread that does one forbidden thing on purpose, to prove that the witness sees it.
 * Usage: selftest clean|malloc|free|realloc|memalign|lock|wait|wake|outside|first
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BRACKETS 100
#define FAULTY 50

static const char *fault;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int word;
/* Volatile: a compiler may leave out an allocation that nobody looks at. */
static void *volatile kept;

static int is(const char *name)
{
    return strcmp(fault, name) == 0;
}

static void bracket(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
}

static void misbehave(void)
{
    void *aligned = NULL;
    if (is("malloc"))
        kept = malloc(100);
    else if (is("free"))
        free(kept);
    else if (is("realloc"))
        kept = realloc(kept, 5000);
    else if (is("memalign") && posix_memalign(&aligned, 64, 256) == 0)
        kept = aligned;
    else if (is("lock")) {
        pthread_mutex_lock(&mutex);
        pthread_mutex_unlock(&mutex);
    } else if (is("wait")) /* returns at once: the word does not hold what is expected */
        syscall(SYS_futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
    else if (is("wake"))
        syscall(SYS_futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}

static void *callbacks(void *unused)
{
    struct timespec period = {.tv_nsec = 1000 * 1000};
    for (int i = 0; i < BRACKETS; i++) {
        bracket();
        if (i == FAULTY)
            misbehave();
        if (i == 0 && is("first"))
            kept = malloc(100);
        bracket();
        if (i == FAULTY && is("outside"))
            kept = malloc(100);
        nanosleep(&period, NULL);
    }
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    struct timespec hold = {.tv_nsec = 300 * 1000 * 1000};
    fault = argc > 1 ? argv[1] : "clean";
    kept = malloc(50);
    if (is("lock"))
        pthread_mutex_lock(&mutex);
    if (pthread_create(&thread, NULL, callbacks, NULL) != 0)
        return 1;
    if (is("lock")) {
        nanosleep(&hold, NULL);
        pthread_mutex_unlock(&mutex);
    }
    pthread_join(thread, NULL);
    return 0;
}
