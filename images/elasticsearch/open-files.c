/* For LD_PRELOAD, see docker-entrypoint.sh: getrlimit() that never tells of fewer open files than Elasticsearch asks for.
   Freestanding, so that a compiler is all that it takes; prlimit() is the C library's at run time. */
enum { open_files = 7, demanded = 65535 }; /* RLIMIT_NOFILE of Linux */

struct limit {
  unsigned long soft, hard;
};

int prlimit(int pid, unsigned resource, const struct limit *set, struct limit *get);

int getrlimit(unsigned resource, struct limit *limit) {
  int failed = prlimit(0, resource, 0, limit);
  if (!failed && resource == open_files && limit->hard < demanded)
    limit->soft = limit->hard = demanded;
  return failed;
}

int getrlimit64(unsigned resource, struct limit *limit) __attribute__((alias("getrlimit")));
