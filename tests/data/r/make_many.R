# Families with several predictors, or with parameters beside the coefficients, as R
# fits them: nnet, MASS and survival, their criteria tightened.
# Rscript make_many.R DIRECTORY: writes many.json, and the data as CSV beside it.
suppressMessages({library(MASS); library(nnet); library(survival)})
where <- commandArgs(trailingOnly = TRUE)[1]
num <- function(x) sprintf("%.17g", x)
arr <- function(x) paste0("[", paste(num(x), collapse = ", "), "]")
entry <- function(name, coef, se, loglik)
  sprintf('  "%s": {\n    "coef": %s,\n    "se": %s,\n    "loglik": %s\n  }',
          name, arr(coef), arr(se), num(loglik))
put <- function(data, name) write.csv(data, file.path(where, paste0(name, ".csv")),
                                      row.names = FALSE, na = "", quote = TRUE)
out <- character()

# nnet minimises with a quasi-Newton method: its tests are set to what rounding allows.
multi <- function(formula, data, weights = NULL) {
  data$w. <- if (is.null(weights)) 1 else weights
  m <- eval(bquote(multinom(.(formula), data, weights = w., trace = FALSE,
                            maxit = 100000, reltol = 1e-16, abstol = 0)))
  # Newton's steps from there, with the closed forms of score and information.
  X <- model.matrix(formula, data); w <- data$w.
  Y <- class.ind(data[[all.vars(formula)[1]]])
  B <- coef(m); if (is.null(dim(B))) B <- matrix(B, 1)
  k <- nrow(B); p <- ncol(B)
  for (i in 1:10) {
    eta <- cbind(0, X %*% t(B)); P <- exp(eta - apply(eta, 1, max)); P <- P / rowSums(P)
    g <- as.vector(sapply(1:k, function(c) colSums(w * X * (Y[, c + 1] - P[, c + 1]))))
    H <- matrix(0, k * p, k * p)
    for (c in 1:k) for (d in 1:k)
      H[(c - 1) * p + 1:p, (d - 1) * p + 1:p] <-
        t(X) %*% (w * P[, c + 1] * ((c == d) - P[, d + 1]) * X)
    B <- B + t(matrix(solve(H, g), p, k))
  }
  list(coef = as.vector(t(B)), se = sqrt(diag(solve(H))),
       loglik = sum(w * Y * log(P)))
}
m <- multi(Species ~ Sepal.Width, iris)
out <- c(out, entry("multinomial_iris", m$coef, m$se, m$loglik))
m <- multi(Sat ~ Infl + Type + Cont, housing, housing$Freq)
out <- c(out, entry("multinomial_housing", m$coef, m$se, m$loglik))
put(housing, "housing")

for (method in c("logistic", "probit", "cloglog")) {
  m <- polr(Sat ~ Infl + Type + Cont, housing, weights = Freq, Hess = TRUE,
            method = method, control = list(reltol = 1e-16, maxit = 10000))
  b <- c(coef(m), m$zeta)
  out <- c(out, entry(paste0("ordered_", method), b, sqrt(diag(vcov(m))),
                      as.numeric(logLik(m))))
}

lung2 <- na.omit(lung[, c("time", "status", "age", "sex", "ph.ecog")])
lung2$died <- lung2$status - 1
put(lung2, "lung")
tight <- survreg.control(rel.tolerance = 1e-15, toler.chol = 1e-14, maxiter = 100)
for (dist in c("weibull", "exponential", "lognormal", "loglogistic")) {
  m <- survreg(Surv(time, died) ~ age + sex + ph.ecog, lung2, dist = dist,
               control = tight)
  b <- c(coef(m), if (dist != "exponential") log(m$scale))
  out <- c(out, entry(dist, b, sqrt(diag(vcov(m))), m$loglik[2]))
}
m <- survreg(Surv(time, died) ~ age + sex + ph.ecog, lung2, dist = "weibull",
             control = tight, robust = TRUE)
out <- c(out, entry("weibull_HC0", c(coef(m), log(m$scale)), sqrt(diag(vcov(m))),
                    m$loglik[2]))
m <- survreg(Surv(time, died) ~ age + sex, lung2, dist = "weibull",
             control = tight, cluster = ph.ecog)
out <- c(out, entry("weibull_CR0", c(coef(m), log(m$scale)), sqrt(diag(vcov(m))),
                    m$loglik[2]))
put(tobin, "tobin")
m <- survreg(Surv(durable, durable > 0, type = "left") ~ age + quant, tobin,
             dist = "gaussian", control = tight)
out <- c(out, entry("tobit_tobin", c(coef(m), log(m$scale)), sqrt(diag(vcov(m))),
                    m$loglik[2]))
cat("{\n", paste(out, collapse = ",\n"), "\n}\n", sep = "",
    file = file.path(where, "many.json"))
