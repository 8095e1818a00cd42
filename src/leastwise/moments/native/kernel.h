/* Rows -> Gram, in pairs of float64. See fold.py for what and why. */
#ifndef LEASTWISE_KERNEL_H
#define LEASTWISE_KERNEL_H

#include <stddef.h>

/* Rows of a packed block: small enough to stay in the second cache. */
enum { LW_PACK = 192 };
/* 20 + 20 bits in a product of slices and 12 bits of rows: 52 of the 53. */
enum { LW_BLOCK = 4096 };
/* Columns of a packed block are padded to a multiple of this. */
enum { LW_PAD = 24 };

typedef struct {
    const double *x;            /* n x p, element (r, j) at x[r * xr + j * xc] */
    ptrdiff_t xr, xc;
    const double *y;            /* n x k */
    ptrdiff_t yr, yc;
    const double *w;            /* n weights of at most 1, or NULL */
    const double *shift;        /* p + k */
    size_t n, p, k;
    int slices;                 /* 1, 2 or 3 */
} lw_rows;

typedef struct {
    double *hi, *lo;            /* (1 + p + k)^2, row-major, both triangles */
    int *exponent;              /* p + k: |value - shift| <= 2^exponent */
    double *largest;            /* p + k: largest |value| */
} lw_sums;

/* 0: done. 1: a value is not finite, or its size asks for more care than this
   kernel takes. 2: no memory. Nothing is written unless 0 is returned. */
int lw_fold(const lw_rows *rows, int threads, lw_sums *out);

/* c[i, j] += sum_r a[r, i] b[r, j] for the tiles that touch the upper triangle of
   the first q columns. Rounding inside is that of a sum of products. */
void lw_gram(const double *a, const double *b, size_t ld, size_t rows, size_t q,
             double *c);

#endif
