#include <stddef.h>

// A shim_plugin is a library that exports GetPjrtApi, and what its client said of itself.
typedef struct {
  void *table;      // the library's PJRT_Api
  int major, minor; // version of that table
  char platform[64], version[256], kind[128];
  int devices;
} shim_plugin;

// shim_load loads a library and finds its table. It returns NULL, or a message to be freed.
char *shim_load(const char *path, shim_plugin *p);

// shim_wrap returns a copy of the table that is never freed, NULL if the table is too small to be
// one. When a client is made through the copy, p is told what it is. With cpu_options the options
// of the caller are left out and cpu_device_count=1 goes in their place.
void *shim_wrap(shim_plugin *p, int cpu_options);
