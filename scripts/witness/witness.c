/*
 * The second witness: a preload library that counts what audio callbacks do behind the engine's back.
 *
 * The engine's own counters see Rust's allocator only. This library stands in front of the C library
 * instead, so that it also sees what C code does. With `audit: true` the engine brackets each callback
 * with two getrusage(RUSAGE_THREAD) calls; on each thread the first of a pair marks the way in and the
 * second the way out. What happens between the two is ours. What the same thread does between brackets
 * is the backend's. The first bracket of a thread is counted apart: the first callback is promoted to
 * real-time priority and touches its thread-local storage.
 *
 * At exit it writes one JSON object to the file that NOXRUN_WITNESS_OUT names, if any thread ever made
 * a bracket. It never allocates, and takes no lock of its own.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum kind {
    ALLOCATIONS,
    FREES,
    LOCKS,            /* pthread_mutex_lock calls, contended or not */
    CONTENDED_LOCKS,  /* those that found the mutex taken */
    FUTEX_WAITS,      /* through syscall(): Rust's own locks, when contended */
    FUTEX_WAKES,      /* through syscall(): Rust's own notify and unpark */
    OTHER_SYSCALLS,   /* through syscall() */
    KINDS
};
static const char *const kind_names[KINDS] = {
    "allocations", "frees", "locks", "contendedLocks", "futexWaits", "futexWakes", "otherSyscalls",
};

enum place { FIRST, OURS, BACKEND, PLACES };
static const char *const place_names[PLACES] = {"first", "ours", "backend"};

/* One thread that ever made a bracket. Written by that thread alone, read at exit. */
struct witness {
    long tid;
    char name[16];
    enum place place;
    int inside;
    atomic_ulong brackets;
    atomic_ulong counts[PLACES][KINDS];
};

#define MAX_THREADS 256
static struct witness threads[MAX_THREADS];
static atomic_uint thread_count;
/* Initial-exec: reaching it must not allocate, which the dynamic model does on first touch. */
static __thread struct witness *self __attribute__((tls_model("initial-exec")));

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);
static int (*real_posix_memalign)(void **, size_t, size_t);
static void *(*real_aligned_alloc)(size_t, size_t);
static int (*real_lock)(pthread_mutex_t *);
static int (*real_trylock)(pthread_mutex_t *);
static int (*real_getrusage)(__rusage_who_t, struct rusage *);
static long (*real_syscall)(long, ...);

/* What dlsym itself asks for while the real functions are still being looked up. Never given back. */
static _Alignas(64) char arena[64 * 1024];
static atomic_size_t arena_used;

static void *arena_take(size_t size)
{
    size_t rounded = (size + 63) & ~(size_t)63;
    size_t at = atomic_fetch_add(&arena_used, rounded);
    return at + rounded <= sizeof arena ? arena + at : NULL;
}

static int is_from_arena(const void *pointer)
{
    return (const char *)pointer >= arena && (const char *)pointer < arena + sizeof arena;
}

static void *look_up(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) {
        static const char text[] = "witness: the C library lacks a function\n";
        ssize_t ignored = write(2, text, sizeof text - 1);
        (void)ignored;
        _exit(70);
    }
    return found;
}

__attribute__((constructor)) static void resolve(void)
{
    if (real_free != NULL)
        return;
    real_calloc = look_up("calloc");
    real_realloc = look_up("realloc");
    real_posix_memalign = look_up("posix_memalign");
    real_aligned_alloc = look_up("aligned_alloc");
    real_trylock = look_up("pthread_mutex_trylock");
    real_lock = look_up("pthread_mutex_lock");
    real_getrusage = look_up("getrusage");
    real_syscall = look_up("syscall");
    real_malloc = look_up("malloc");
    real_free = look_up("free");
}

static inline void count(enum kind kind)
{
    if (self != NULL)
        atomic_fetch_add_explicit(&self->counts[self->place][kind], 1, memory_order_relaxed);
}

void *malloc(size_t size)
{
    if (real_malloc == NULL)
        return arena_take(size);
    count(ALLOCATIONS);
    return real_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    if (real_calloc == NULL) /* the arena is zero, and each piece is given out once */
        return arena_take(number * size);
    count(ALLOCATIONS);
    return real_calloc(number, size);
}

void free(void *pointer)
{
    if (pointer == NULL || is_from_arena(pointer) || real_free == NULL)
        return;
    count(FREES);
    real_free(pointer);
}

void *realloc(void *pointer, size_t size)
{
    if (is_from_arena(pointer) || real_realloc == NULL) {
        void *moved = malloc(size);
        if (moved != NULL && pointer != NULL) {
            size_t rest = (size_t)(arena + sizeof arena - (char *)pointer);
            memcpy(moved, pointer, size < rest ? size : rest);
        }
        return moved;
    }
    count(ALLOCATIONS);
    if (pointer != NULL)
        count(FREES);
    return real_realloc(pointer, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    resolve();
    count(ALLOCATIONS);
    return real_posix_memalign(out, alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    resolve();
    count(ALLOCATIONS);
    return real_aligned_alloc(alignment, size);
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    if (real_lock == NULL)
        resolve();
    if (self == NULL)
        return real_lock(mutex);
    count(LOCKS);
    int result = real_trylock(mutex);
    if (result != EBUSY)
        return result;
    count(CONTENDED_LOCKS);
    return real_lock(mutex);
}

long syscall(long number, ...)
{
    va_list list;
    va_start(list, number);
    long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
    long d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
    va_end(list);
    if (real_syscall == NULL)
        resolve();
    if (self != NULL) {
        enum kind kind = OTHER_SYSCALLS;
        if (number == SYS_futex) {
            int operation = (int)b & FUTEX_CMD_MASK;
            if (operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET)
                kind = FUTEX_WAITS;
            else if (operation == FUTEX_WAKE || operation == FUTEX_WAKE_BITSET)
                kind = FUTEX_WAKES;
        }
        count(kind);
    }
    return real_syscall(number, a, b, c, d, e, f);
}

/* The bracket. */
int getrusage(__rusage_who_t who, struct rusage *usage)
{
    if (real_getrusage == NULL)
        resolve();
    int result = real_getrusage(who, usage);
    if (who != RUSAGE_THREAD)
        return result;
    if (self == NULL) {
        unsigned slot = atomic_fetch_add(&thread_count, 1);
        if (slot >= MAX_THREADS)
            return result;
        struct witness *made = &threads[slot];
        made->tid = real_syscall(SYS_gettid);
        prctl(PR_GET_NAME, made->name);
        self = made;
    }
    if (self->inside) {
        self->inside = 0;
        self->place = BACKEND;
        atomic_fetch_add_explicit(&self->brackets, 1, memory_order_relaxed);
    } else {
        self->inside = 1;
        self->place = atomic_load_explicit(&self->brackets, memory_order_relaxed) == 0 ? FIRST : OURS;
    }
    return result;
}

static void write_counts(int fd, struct witness *thread)
{
    for (int place = 0; place < PLACES; place++) {
        dprintf(fd, ",\"%s\":{", place_names[place]);
        for (int kind = 0; kind < KINDS; kind++)
            dprintf(fd, "%s\"%s\":%lu", kind ? "," : "", kind_names[kind],
                    atomic_load_explicit(&thread->counts[place][kind], memory_order_relaxed));
        dprintf(fd, "}");
    }
}

__attribute__((destructor)) static void report(void)
{
    self = NULL;
    unsigned number = atomic_load(&thread_count);
    const char *path = getenv("NOXRUN_WITNESS_OUT");
    if (number == 0 || path == NULL)
        return;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return;
    dprintf(fd, "{\"overflowed\":%s,\"threads\":[", number > MAX_THREADS ? "true" : "false");
    for (unsigned i = 0; i < number && i < MAX_THREADS; i++) {
        char name[16];
        size_t length = 0;
        /* Thread names may hold anything; JSON may not. */
        for (const char *from = threads[i].name; *from != '\0' && length < sizeof name - 1; from++)
            name[length++] = (*from < ' ' || *from == '"' || *from == '\\' || *from == 127) ? '?' : *from;
        name[length] = '\0';
        dprintf(fd, "%s{\"tid\":%ld,\"name\":\"%s\",\"brackets\":%lu", i ? "," : "", threads[i].tid, name,
                atomic_load(&threads[i].brackets));
        write_counts(fd, &threads[i]);
        dprintf(fd, "}");
    }
    dprintf(fd, "]}\n");
    close(fd);
}
