/* Moments -> coefficients, their errors and their digits, in pairs of float64.
   See solve/system.py, solve/certify.py and solve/fit.py for what and why. */
#ifndef LEASTWISE_SOLVE_H
#define LEASTWISE_SOLVE_H

#include "kernel.h"

/* Scaled and centred cross-products of p inputs and k targets, and the solution. All
   matrices are row-major; halves of pairs lie apart. */
typedef struct {
    size_t p, k;
    double *xx, *xx_low;        /* p x p, both triangles */
    double *xy, *xy_low;        /* p x k */
    const double *grain, *extent; /* p: what the rank rule measures against */
    double roundoff, weight;
    double *work;               /* lw_system_work(p, k) of them */
    double *slopes, *slopes_low;   /* p x k */
    double *inverse, *inverse_low; /* p x p */
    double *root, *root_low;       /* p x p, lower */
    double *explained, *explained_low; /* k */
} lw_system;

size_t lw_system_work(size_t p, size_t k);

/* What of the moments a solution needs: see `Moments` in state.py. */
typedef struct {
    const double *gram, *gram_low;  /* (1 + p + k)^2 */
    const double *shift, *shift_low; /* p + k, in original units */
    const int *exponent;            /* p + k */
    const double *grain;            /* p + k, in original units */
    const double *extent;           /* 1 + p + k */
    double roundoff, count, observations;
    int weight_exponent, intercept;
    size_t p, k;
    const double *residuals;        /* k sums from a second pass, or NULL */
} lw_moments;

/* Fields of `Fit` in solve/fit.py, with m = p + intercept: one after the other in one
   array, in this order. */
typedef struct {
    double *weight, *condition;
    double *lowest;             /* of all worth and rss_digits; 0 for NaN */
    double *fewest;             /* of all digits and se_digits */
    double *coefficients, *standard_errors, *digits, *se_digits, *worth; /* m x k */
    double *rss, *tss, *explained, *rss_digits, *rss_bound, *r_squared_digits; /* k */
    double *target_mean, *level, *level_low; /* k */
    double *target_exponent;    /* k, whole */
    double *slopes, *slopes_low; /* p x k */
    double *center, *center_low; /* p */
    double *correlation;        /* m x m */
    double *root;               /* p x p */
} lw_fit;

/* 0: done. 1: a column may be a combination of others, or a number leaves the range:
   solve/fit.py decides. 2: no memory. */
int lw_solve(const lw_moments *moments, double *fit);

/* The centred cross-products of the inputs, rounded: p x p. */
int lw_scatter_of(const lw_moments *moments, double *xx);

/* As lw_solve, with R and V = R'R of those in float64, whose error is roundoff; 1 when
   more than the limit would be left over. */
int lw_solve_plainly(const lw_moments *moments, const double *root,
                     const double *inverse, double roundoff, double limit, double *fit);

/* Fold and solve in one call, for rows without weights or low parts; roundoff is that
   of the fold. */
int lw_fit_rows(const lw_rows *rows, int threads, double roundoff, int intercept,
                double *fit);

/* The same, and then something with the moments. */
int lw_with_moments(const lw_rows *rows, int threads, double roundoff, int intercept,
                    int (*then)(const lw_moments *, double *), double *out);

/* A descent: one array, in this order, with m = p + intercept. The first three are given
   (a rate of 0 is chosen), and all but the tolerance are written. */
typedef struct {
    double *rate, *steps, *tolerance, *limit, *converged, *diverged;
    double *coefficients, *theta; /* m x k */
    double *mean_x, *scale_x;     /* p */
    double *mean_y, *scale_y;     /* k */
    double *gram;                 /* p x p */
    double *cross;                /* p x k */
} lw_descent;

/* Fold, standardise, descend and restore in one call; the codes of lw_solve. */
int lw_descend(const lw_rows *rows, int threads, double roundoff, int intercept,
               double *out);

#endif
