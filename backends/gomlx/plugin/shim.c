//go:build gomlx && cgo && linux

// The few structs of pjrt_c_api.h that are needed here, in that header's layout, which only grows at the ends.

#include "shim.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { error_destroy = 0, client_create = 10, client_platform_name = 12, client_platform_version = 14,
       client_addressable_devices = 16, description_kind = 26, device_get_description = 29, slots_used = 30 };

typedef void *(*call)(void *);

typedef struct {
  size_t size;
  void *extension;
  struct {
    size_t size;
    void *extension;
    int major, minor;
  } version;
  call slot[slots_used];
} table;

typedef struct {
  size_t size;
  void *extension;
  const void *options;
  size_t n_options;
  void *callbacks[4];
  void *client;
} create_args;

typedef struct {
  size_t size;
  void *extension;
  const char *name;
  size_t name_size;
  int type; // 1: int64
  int64_t value;
  size_t value_size;
} named_int;

// A query asks an object for a string, a list or another object.
typedef struct {
  size_t size;
  void *extension;
  void *of;
  const void *out;
  size_t out_size;
} query;

// The plug-in whose client is being made. A client is made once for a plug-in, under a lock in Go.
static shim_plugin *current;
static int current_cpu_options;

static void destroy_error(const table *t, void *error) {
  struct { size_t size; void *extension; void *error; } args = {sizeof args, NULL, error};
  t->slot[error_destroy](&args);
}

static int ask(const table *t, int slot, size_t size, void *of, query *q) {
  *q = (query){size, NULL, of, NULL, 0};
  void *error = t->slot[slot] ? t->slot[slot](q) : NULL;
  if (error) destroy_error(t, error);
  return !error && q->out;
}

static void copy_text(char *to, size_t room, const query *q) {
  size_t n = q->out_size < room - 1 ? q->out_size : room - 1;
  memcpy(to, q->out, n);
  to[n] = 0;
}

static void describe(shim_plugin *p, void *client) {
  const table *t = p->table;
  const size_t one = offsetof(query, out_size), two = sizeof(query);
  query q;
  if (ask(t, client_platform_name, two, client, &q)) copy_text(p->platform, sizeof p->platform, &q);
  if (ask(t, client_platform_version, two, client, &q)) copy_text(p->version, sizeof p->version, &q);
  if (!ask(t, client_addressable_devices, two, client, &q) || q.out_size == 0) return;
  p->devices = (int)q.out_size;
  void *first = *(void *const *)q.out;
  if (ask(t, device_get_description, one, first, &q) && ask(t, description_kind, two, (void *)q.out, &q))
    copy_text(p->kind, sizeof p->kind, &q);
}

// create stands in for PJRT_Client_Create.
static void *create(void *given) {
  create_args *args = given;
  const table *t = current->table;
  void *error;
  if (current_cpu_options) {
    named_int one = {sizeof one, NULL, "cpu_device_count", strlen("cpu_device_count"), 1, 1, 1};
    args->options = &one;
    args->n_options = 1;
    error = t->slot[client_create](args);
    args->options = NULL;
    args->n_options = 0;
    if (error) { // it may be the option that is unknown
      destroy_error(t, error);
      error = t->slot[client_create](args);
    }
  } else {
    error = t->slot[client_create](args);
  }
  if (!error) describe(current, args->client);
  return error;
}

char *shim_load(const char *path, shim_plugin *p) {
  void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
  if (!library) return strdup(dlerror());
  table *(*get)(void) = (table * (*)(void)) dlsym(library, "GetPjrtApi");
  if (!get) {
    dlclose(library);
    return strdup("it has no function GetPjrtApi, so it is no PJRT plug-in");
  }
  table *t = get();
  if (!t || t->size < offsetof(table, slot)) return strdup("its GetPjrtApi gives no table of functions");
  p->table = t;
  p->major = t->version.major;
  p->minor = t->version.minor;
  return NULL;
}

void *shim_wrap(shim_plugin *p, int cpu_options) {
  const table *t = p->table;
  const size_t room = 1 << 14; // a slot that the plug-in lacks is NULL in the copy
  if (t->size < sizeof(table) || t->size > room) return NULL;
  table *copy = calloc(1, room);
  if (!copy) return NULL;
  memcpy(copy, t, t->size);
  copy->slot[client_create] = create;
  current = p;
  current_cpu_options = cpu_options;
  return copy;
}
