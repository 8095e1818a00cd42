/* Choose the set of instructions when the library is first used. */
#include "block.h"

#include <stdlib.h>
#include <string.h>

#define DECLARE(isa)                                                              \
    void lw_gram_##isa(const double *, const double *, size_t, size_t, double *); \
    void lw_pack_##isa(const double *, ptrdiff_t, size_t, const double *,         \
                       double *, double *, double *, double *);                   \
    void lw_scale_##isa(double *, double *, size_t, const double *);              \
    void lw_cut_##isa(const double *, const double *, double *const *, size_t,    \
                      int);                                                       \
    void lw_weigh_##isa(const double *, const double *, size_t, const double *,   \
                        double *, double *);                                      \
    void lw_add_##isa(double *, const double *, size_t);                          \
    void lw_settle_##isa(double *, double *, double *, size_t);                   \
    void lw_dot_##isa(const double *, const double *, size_t, size_t,             \
                      const double *, const double *, double *, double *);        \
    void lw_squares_##isa(const double *, size_t, const double *, size_t,         \
                          double *);                                              \
    int lw_system_##isa(lw_system *);                                             \
    void lw_remain_##isa(const lw_system *, double *, double *);                  \
    static const lw_block block_##isa = {                                         \
        lw_gram_##isa, lw_pack_##isa, lw_scale_##isa, lw_cut_##isa,               \
        lw_weigh_##isa, lw_add_##isa, lw_settle_##isa, lw_dot_##isa,              \
        lw_squares_##isa, lw_system_##isa, lw_remain_##isa,                       \
    };

DECLARE(any)
#if defined(__x86_64__)
DECLARE(v3)
DECLARE(v4)
#endif

const lw_block *lw_block_here(void)
{
    /* LEASTWISE_KERNEL=v3 or any takes less than the machine has, for tests. */
    const char *chosen = getenv("LEASTWISE_KERNEL");
    if (chosen && !strcmp(chosen, "any"))
        return &block_any;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512cd")
        && !(chosen && !strcmp(chosen, "v3")))
        return &block_v4;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
        && __builtin_cpu_supports("bmi2"))
        return &block_v3;
#endif
    return &block_any;
}
