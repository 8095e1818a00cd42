/* The tiles: registers hold a small part of the Gram while rows stream past.

   Compiled once for each set of instructions; multiply-add may be contracted. */
#include "block.h"
#include "vector.h"

enum { PARTS = LW_LANES / LW_WIDTH };

/* LW_HEIGHT columns of one panel against WIDTH panels that follow each other. */
#define DEFINE_TILE(NAME, WIDTH)                                                  \
    static void NAME(const double *a, const double *b, size_t rows, size_t ld,    \
                     double *c)                                                   \
    {                                                                             \
        vec sum[LW_HEIGHT][WIDTH * PARTS];                                        \
        for (int i = 0; i < LW_HEIGHT; i++)                                       \
            for (int j = 0; j < WIDTH * PARTS; j++)                               \
                sum[i][j] = (vec){0};                                             \
        for (size_t r = 0; r < rows; r++, a += LW_LANES, b += LW_LANES) {         \
            vec right[WIDTH * PARTS];                                             \
            for (int j = 0; j < WIDTH * PARTS; j++)                               \
                right[j] = at(b + j / PARTS * LW_PANEL + j % PARTS * LW_WIDTH);   \
            for (int i = 0; i < LW_HEIGHT; i++) {                                 \
                vec f = all(a[i]);                                                \
                for (int j = 0; j < WIDTH * PARTS; j++)                           \
                    sum[i][j] += f * right[j];                                    \
            }                                                                     \
        }                                                                         \
        for (int i = 0; i < LW_HEIGHT; i++)                                       \
            for (int j = 0; j < WIDTH * PARTS; j++) {                             \
                double *to = c + (size_t)i * ld + (size_t)(j * LW_WIDTH);         \
                put(to, at(to) + sum[i][j]);                                      \
            }                                                                     \
    }

DEFINE_TILE(tile_1, 1)
#if defined(__AVX512F__)
/* 32 registers hold 8 x 24 sums. */
DEFINE_TILE(tile_2, 2)
DEFINE_TILE(tile_3, 3)
#endif

/* One panel against `width` panels. */
static void strip(const double *a, const double *b, size_t rows, size_t width,
                  size_t ld, double *c)
{
#if defined(__AVX512F__)
    for (; width >= 3; width -= 3, b += 3 * LW_PANEL, c += 3 * LW_LANES)
        tile_3(a, b, rows, ld, c);
    if (width == 2) {
        tile_2(a, b, rows, ld, c);
        return;
    }
#endif
    for (; width > 0; width--, b += LW_PANEL, c += LW_LANES)
        for (size_t i = 0; i < LW_LANES; i += LW_HEIGHT)
            tile_1(a + i, b, rows, ld, c + i * ld);
}

void LW_NAME(gram)(const double *a, const double *b, size_t rows, size_t panels,
                   double *c)
{
    size_t ld = panels * LW_LANES;
    for (size_t i = 0; i < panels; i++, c += LW_LANES * (ld + 1))
        strip(a + i * LW_PANEL, b + i * LW_PANEL, rows, panels - i, ld, c);
}

void LW_NAME(squares)(const double *u, size_t columns, const double *root, size_t ld,
                      double *h)
{
    size_t panels = (columns + LW_LANES - 1) / LW_LANES;
    for (size_t r = 0; r < LW_PACK; r += LW_HEIGHT) {
        vec square[LW_HEIGHT];
        for (int i = 0; i < LW_HEIGHT; i++)
            square[i] = (vec){0};
        for (size_t p = 0; p < panels; p++) {
            size_t last = (p + 1) * LW_LANES < columns ? (p + 1) * LW_LANES : columns;
            const double *right = root + p * ld * LW_LANES;
            vec sum[LW_HEIGHT][PARTS];
            for (int i = 0; i < LW_HEIGHT; i++)
                for (int j = 0; j < PARTS; j++)
                    sum[i][j] = (vec){0};
            for (size_t c = 0; c < last; c++, right += LW_LANES) {
                const double *left = u + c / LW_LANES * LW_PANEL + c % LW_LANES;
                for (int i = 0; i < LW_HEIGHT; i++) {
                    vec f = all(left[(r + (size_t)i) * LW_LANES]);
                    for (int j = 0; j < PARTS; j++)
                        sum[i][j] += f * at(right + j * LW_WIDTH);
                }
            }
            for (int i = 0; i < LW_HEIGHT; i++)
                for (int j = 0; j < PARTS; j++)
                    square[i] += sum[i][j] * sum[i][j];
        }
        for (int i = 0; i < LW_HEIGHT; i++) {
            double total = 0.0;
            for (int l = 0; l < LW_WIDTH; l++)
                total += square[i][l];
            h[r + (size_t)i] = total;
        }
    }
}
