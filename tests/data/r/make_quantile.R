# Quantile regression by quantreg: coefficients, losses, and standard errors of summary.rq.
# Usage: Rscript make_quantile.R FOLDER   (reads FOLDER/*.csv, writes quantile.json; engel.csv too)
suppressMessages({library(quantreg); library(jsonlite)})
args <- commandArgs(TRUE); here <- if (length(args)) args[1] else "."
table_of <- function(name) read.csv(file.path(here, paste0(name, ".csv")), na.strings = "", stringsAsFactors = FALSE)
data(engel); write.csv(engel, file.path(here, "engel.csv"), row.names = FALSE, quote = FALSE)
# summary.rq takes 1.5e-8 off a distance in units of the target before it divides by it;
# here nothing is taken off, so that units do not matter, and a distance that is rounding
# beside the largest is none. Otherwise as in summary.rq.
nid <- function(x, y, tau) {
  h <- bandwidth.rq(tau, length(y)); while (tau - h < 0 || tau + h > 1) h <- h / 2
  d <- x %*% (rq.fit(x, y, tau + h)$coef - rq.fit(x, y, tau - h)$coef)
  f <- as.vector(ifelse(d > 1e-8 * max(abs(d)), 2 * h / d, 0)); D <- solve(crossprod(x, f * x))
  sqrt(diag(tau * (1 - tau) * D %*% crossprod(x) %*% D))
}
ordered <- function(m, x, y, tau) {
  # The residuals that the sparsity of se = "iid" is the slope of, to judge ties by.
  p <- ncol(x); n <- length(y); r <- as.vector(y - x %*% coef(m)); pz <- sum(abs(r) < 1e-8)
  h <- max(p + 1, ceiling(n * bandwidth.rq(tau, n))); ir <- (pz + 1):(h + pz + 1)
  list(near = sort(r[order(abs(r))][ir]), place = ir / (n - p))
}
told <- function(f, d, taus, w = NULL) lapply(taus, function(tau) suppressWarnings({
  d$case <- if (is.null(w)) rep(1, nrow(d)) else w
  m <- rq(f, tau = tau, data = d, weights = case, method = "br")
  x <- model.matrix(f, d) * d$case; y <- model.response(model.frame(f, d)) * d$case
  r <- as.vector(y - x %*% coef(m)); se <- function(kind) unname(summary(m, se = kind)$coefficients[, 2])
  o <- ordered(m, x, y, tau)
  list(tau = tau, coef = unname(coef(m)), loss = sum(r * (tau - (r < 0))),
       nid = unname(nid(x, y, tau)), ker = se("ker"), iid = se("iid"), near = o$near, place = o$place)
}))
taus <- c(0.1, 0.25, 0.5, 0.75, 0.9)
cars <- table_of("mtcars")
found <- list(packages = list(quantreg = as.character(packageVersion("quantreg"))), R = R.version.string,
  stackloss = told(stackloss ~ airflow + watertemp + acidconc, table_of("stackloss"), taus),
  mtcars = told(mpg ~ wt + hp, cars, taus),
  engel = told(foodexp ~ income, engel, taus),
  weighted = told(mpg ~ wt + hp, cars, taus, cars$w1),
  through = told(mpg ~ 0 + wt + hp, cars, taus))
write_json(found, file.path(here, "quantile.json"), digits = NA, auto_unbox = TRUE, na = "null")
