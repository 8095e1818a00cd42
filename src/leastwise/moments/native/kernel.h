/* Rows -> Gram, in pairs of float64. See fold.py for what and why. */
#ifndef LEASTWISE_KERNEL_H
#define LEASTWISE_KERNEL_H

#include <stddef.h>

typedef struct {
    const void *x;              /* n x p, element (r, j) at x[r * xr + j * xc] */
    ptrdiff_t xr, xc;
    const void *y;              /* n x k */
    ptrdiff_t yr, yc;
    const double *w;            /* n weights of at most 1, or NULL */
    const double *shift;        /* p + k */
    size_t n, p, k;
    int slices;                 /* 1, 2 or 3 */
    int x_type, y_type;         /* of lw_type */
    const double *x_low, *y_low; /* what x and y leave out, row-major, or NULL */
    const double *shift_low;    /* p + k, where there is x_low or y_low */
} lw_rows;

/* What numbers are given as; each is a float64 without rounding. */
enum lw_type { LW_F64, LW_F32, LW_I8, LW_I16, LW_I32, LW_U8, LW_U16, LW_U32, LW_TYPES };

typedef struct {
    double *hi, *lo;            /* (1 + p + k)^2, row-major, both triangles */
    int *exponent;              /* p + k: |value - shift| <= 2^exponent */
    double *largest;            /* p + k: largest |value| */
} lw_sums;

/* 0: done. 1: a value is not finite, or its size asks for more care than this
   kernel takes. 2: no memory. Nothing is written unless 0 is returned. */
int lw_fold(const lw_rows *rows, int threads, lw_sums *out);

#endif
