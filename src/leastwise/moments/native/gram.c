/* The tiles: registers hold a small part of the Gram while rows stream past. */
#include "kernel.h"

typedef double v8 __attribute__((vector_size(64), aligned(8)));
typedef double v4 __attribute__((vector_size(32), aligned(8)));

typedef void (*tile_function)(const double *, const double *, size_t, size_t,
                              double *);

/* ROWS x (3 * WIDTH) sums; a and b point at the first column of the tile. */
#define DEFINE_TILE(NAME, VECTOR, WIDTH, HEIGHT, TARGET)                          \
    TARGET static void NAME(const double *a, const double *b, size_t ld,          \
                            size_t rows, double *c)                               \
    {                                                                             \
        VECTOR sum[HEIGHT][3];                                                    \
        for (int i = 0; i < HEIGHT; i++)                                          \
            for (int j = 0; j < 3; j++)                                           \
                sum[i][j] = (VECTOR){0};                                          \
        for (size_t r = 0; r < rows; r++, a += ld, b += ld) {                     \
            VECTOR b0 = *(const VECTOR *)b;                                       \
            VECTOR b1 = *(const VECTOR *)(b + WIDTH);                             \
            VECTOR b2 = *(const VECTOR *)(b + 2 * WIDTH);                         \
            for (int i = 0; i < HEIGHT; i++) {                                    \
                VECTOR f = a[i] - (VECTOR){0};                                    \
                sum[i][0] += f * b0;                                              \
                sum[i][1] += f * b1;                                              \
                sum[i][2] += f * b2;                                              \
            }                                                                     \
        }                                                                         \
        for (int i = 0; i < HEIGHT; i++)                                          \
            for (int j = 0; j < 3; j++)                                           \
                *(VECTOR *)(c + (size_t)i * ld + (size_t)j * WIDTH) += sum[i][j]; \
    }

#if defined(__x86_64__)
DEFINE_TILE(tile_512, v8, 8, 8, __attribute__((target("arch=x86-64-v4"))))
DEFINE_TILE(tile_256, v4, 4, 4, __attribute__((target("arch=x86-64-v3"))))
#endif
DEFINE_TILE(tile_any, v4, 4, 4, )

void lw_gram(const double *a, const double *b, size_t ld, size_t rows, size_t q,
             double *c)
{
    tile_function tile = tile_any;
    size_t height = 4, width = 12;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
        tile = tile_512;
        height = 8;
        width = 24;
    } else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        tile = tile_256;
#endif
    for (size_t j = 0; j < q; j += width)
        for (size_t i = 0; i < q && i < j + width; i += height)
            tile(a + i, b + j, ld, rows, c + i * ld + j);
}
