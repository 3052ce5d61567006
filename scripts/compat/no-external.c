/* What stands for Node's functions that make buffers around foreign memory, where a host forbids them
   as Electron does. The binding's copy under test asks for `noxr_…` instead of `napi_…` (the same
   length), because a program's own functions, which Node's are, go before those of a preloaded library.
   Tells at the end how often it was asked. */
#include <stddef.h>
#include <stdio.h>

enum { no_external_buffers_allowed = 22 };

static int asked;

int noxr_create_external_arraybuffer(void *env, void *data, size_t length, void *finalize, void *hint, void **result) {
  (void)env; (void)data; (void)length; (void)finalize; (void)hint; (void)result;
  __atomic_add_fetch(&asked, 1, __ATOMIC_RELAXED);
  return no_external_buffers_allowed;
}

int noxr_create_external_buffer(void *env, size_t length, void *data, void *finalize, void *hint, void **result) {
  return noxr_create_external_arraybuffer(env, data, length, finalize, hint, result);
}

__attribute__((destructor)) static void tell(void) {
  fprintf(stderr, "refused %d external buffers\n", asked);
}
