/* What is done to a block of rows, compiled once for each set of instructions.

   A block holds LW_PACK rows of q columns, packed in panels of eight columns:
   element (r, c) of a block is at [(c / 8) * LW_PACK * 8 + r * 8 + c % 8]. */
#ifndef LEASTWISE_BLOCK_H
#define LEASTWISE_BLOCK_H

#include "kernel.h"
#include "solve.h"

enum {
    LW_LANES = 8,
    /* Rows of a block: four panels of them stay in the first cache. */
    LW_PACK = 128,
    LW_PANEL = LW_PACK * LW_LANES,
    /* 20 + 20 bits in a product of slices and 12 bits of rows: 52 of the 53. */
    LW_BLOCK = 4096,
};

typedef struct {
    /* c[i, j] += sum_r a[r, i] b[r, j] for every panel pair of the upper triangle;
       c is row-major with 8 * panels columns. Rounding is that of a sum. */
    void (*gram)(const double *a, const double *b, size_t rows, size_t panels,
                 double *c);
    /* Row-major float64 rows into a panel: x - shift, what that rounds off (unless
       low is NULL), and the largest and least x so far. */
    void (*pack)(const double *x, ptrdiff_t step, size_t rows, const double *shift,
                 double *u, double *low, double *most, double *least);
    /* n packed numbers: scaled by the eight scales, and the low parts likewise. */
    void (*scale)(double *u, double *low, size_t rows, const double *scale);
    /* n numbers (value + rest) into 2 or 3 slices: 20 bits, 20 bits and a sign
       further down, and all that is left. The first may be where the values are. */
    void (*cut)(const double *value, const double *rest, double *const *into, size_t n,
                int slices);
    /* A panel times weights, as value and rest; low and rest may be NULL. */
    void (*weigh)(const double *u, const double *low, size_t rows, const double *w,
                  double *value, double *rest);
    /* into += other. */
    void (*add)(double *into, const double *other, size_t n);
    /* (hi, lo) += part, as pairs; part is set to zero. */
    void (*settle)(double *hi, double *lo, double *part, size_t n);
    /* e[r] = sum_c u[r, c] g[c] over the panels; as pairs when low is not NULL. */
    void (*dot)(const double *u, const double *low, size_t rows, size_t panels,
                const double *g, const double *g_low, double *e, double *e_low);
    /* h[r] = |root u[r]|^2, root's rows in panels: [(i / 8) * ld * 8 + j * 8 + i % 8]
       for row i and column j, zero above the diagonal; LW_PACK rows. */
    void (*squares)(const double *u, size_t columns, const double *root, size_t ld,
                    double *h);
    /* Solve; 1 when a column may be a combination of those before it. */
    int (*system)(lw_system *system);
    /* left = g - S b, as pairs, with the slopes b of the system. */
    void (*remain)(const lw_system *system, double *left, double *left_low);
} lw_block;

/* The best that this machine runs. */
const lw_block *lw_block_here(void);

#endif
