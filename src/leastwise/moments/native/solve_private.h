/* What centring finds and the certificate reads. */
#ifndef LEASTWISE_SOLVE_PRIVATE_H
#define LEASTWISE_SOLVE_PRIVATE_H

#include "pair.h"
#include "solve.h"

typedef struct {
    lw_system system;
    pair *local, *mean;         /* p + k: from the shift, from zero, in scaled units */
    pair *yy, *rss;             /* k */
    pair *coefficients;         /* m x k, in scaled units */
    pair *inverse;              /* m x m */
    double *extent;             /* p + k */
    double *se;                 /* m x k */
    pair weight;
    void *memory;
} lw_scatter;

/* Digits and bounds; see solve/certify.py. work has 6 (p + k + 2) doubles. */
void lw_certify(const lw_moments *m, const lw_scatter *s, double *work, lw_fit *out);

#endif
