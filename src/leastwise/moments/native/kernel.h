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

/* A fit, in units of 2^exponent about the shift, for a second look at the rows. */
typedef struct {
    const int *exponent;        /* p + k */
    const double *slopes, *slopes_low; /* p x k, row-major, as pairs */
    const double *level, *level_low;   /* k: the value at the shift */
    const double *mean;         /* p: where leverage is measured from */
    const double *root;         /* p x p: |root (u - mean)|^2 + beside is leverage */
    double beside;              /* 1 / sum of weights, or 0 without an intercept */
    int power;                  /* the meat divides by (1 - leverage)^power: 0, 1, 2 */
} lw_fitted;

typedef struct {
    double *hi, *lo, *largest;  /* k: sums of w e^2 as pairs; largest |e| */
    double *residual;           /* n x k, or NULL */
    double *leverage;           /* n, or NULL */
    double *meat;               /* k times (1 + p)^2, or NULL: sums of s^2 [1,v][1,v]'
                                   with s = w e / (1 - h)^(power / 2), v = u - mean */
} lw_second;

/* The same codes as lw_fold. Residuals are summed as pairs when `pairs`. */
int lw_look_again(const lw_rows *rows, const lw_fitted *fit, int pairs, int threads,
                  lw_second *out);

#endif
