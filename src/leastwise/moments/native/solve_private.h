/* What centring finds and the certificate reads. */
#ifndef LEASTWISE_SOLVE_PRIVATE_H
#define LEASTWISE_SOLVE_PRIVATE_H

#include "block.h"
#include "pair.h"
#include "solve.h"

/* Status of every function that can fail; see solve.h. */
enum { LW_DONE, LW_NOT_HERE, LW_NO_MEMORY };

typedef struct {
    lw_system system;           /* inverse_low and root_low may be NULL: zeros */
    double *local, *local_low;  /* p + k: means from the shift, in scaled units */
    pair *mean;                 /* p + k: means from zero */
    pair *yy, *rss;             /* k */
    pair *coefficients;         /* m x k, in scaled units */
    pair *across;               /* p: V mean */
    pair corner, weight;        /* variance of the intercept; sum of weights */
    double *grain, *extent;     /* p; p + k: what the rank rule measures against */
    double *se;                 /* m x k */
    double *work;               /* 6 (p + k + 2) */
    double inverse_roundoff;    /* what computing V adds to the error of the Gram */
    void *memory;
} lw_scatter;

/* Memory for everything but the solution of the system. */
int lw_prepare(const lw_moments *m, lw_scatter *s);

/* Centre, or carry to zero where there is no intercept. */
void lw_centre(const lw_moments *m, lw_scatter *s);

/* From the solved system to the fit. */
void lw_finish(const lw_moments *m, lw_scatter *s, lw_fit *out);

/* Digits and bounds; see solve/certify.py. */
void lw_certify(const lw_moments *m, const lw_scatter *s, lw_fit *out);

/* Lay the results out in one array. */
lw_fit lw_fit_at(double *at, size_t p, size_t k, size_t m);

#define LW_UNIT 0x1p-53

/* Decimal digits of a relative error, 0 to 15.95. */
static inline double lw_digits_of(double error)
{
    double digits = -log10(fmax(error, LW_UNIT));
    return isnan(error) ? 0.0 : fmin(fmax(digits, 0.0), -log10(LW_UNIT));
}

/* (X'WX)^-1 with the row of the intercept, if any. */
static inline pair lw_covariance(const lw_moments *m, const lw_scatter *s, size_t i,
                                 size_t j)
{
    size_t lead = (size_t)m->intercept, p = m->p;
    if (i >= lead && j >= lead) {
        size_t at = (i - lead) * p + j - lead;
        return (pair){s->system.inverse[at],
                      s->system.inverse_low ? s->system.inverse_low[at] : 0.0};
    }
    return i == j ? s->corner : negative(s->across[i > j ? i - 1 : j - 1]);
}

#endif
