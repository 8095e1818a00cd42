# Generalized linear models, every family and link, to the last digits; and what is read off them.
# Usage: Rscript make_glm.R FOLDER   (reads FOLDER/*.csv, writes glm.json)
suppressMessages({library(sandwich); library(car); library(MASS); library(statmod); library(jsonlite)})
args <- commandArgs(TRUE); here <- if (length(args)) args[1] else "."
table_of <- function(name) read.csv(file.path(here, paste0(name, ".csv")), na.strings = "", stringsAsFactors = TRUE)
tight <- glm.control(epsilon = 1e-15, maxit = 500)
cars <- table_of("mtcars"); cars$cyl <- factor(cars$cyl); warp <- table_of("warpbreaks"); eso <- table_of("esoph")
for (name in c("agegp", "alcgp", "tobgp")) eso[[name]] <- factor(eso[[name]], levels = sort(unique(as.character(eso[[name]])), method = "radix"))
cars$trials <- cars$carb + cars$gear; cars$many <- round(cars$w1 * 3)
fit <- function(f, data, family, ...) {
  given <- list(quote(glm), f, family = family, data = data, control = tight)
  more <- as.list(substitute(list(...)))[-1]
  m <- suppressWarnings(eval(as.call(c(given, more)), parent.frame()))
  # The deviance stands still long before the coefficients do: go on from where it stopped.
  more$start <- NULL; given$control <- glm.control(epsilon = 1e-300, maxit = 3)
  for (k in 1:40) { more$start <- coef(m); m <- suppressWarnings(eval(as.call(c(given, more)), parent.frame())) }
  m }
plain <- function(a) unname(as.list(a))
base <- function(m, dispersion = NULL) { s <- summary(m, dispersion = dispersion); ct <- s$coefficients
  list(coef = unname(coef(m)), se = unname(ct[, 2]), statistic = unname(ct[, 3]), p = unname(ct[, 4]), dispersion = s$dispersion,
    deviance = deviance(m), null_deviance = m$null.deviance, dof = m$df.residual, null_dof = m$df.null,
    loglik = as.numeric(logLik(m)), aic = AIC(m), bic = BIC(m), fitted = unname(fitted(m))) }
influences <- function(m) { i <- influence(m)
  list(hat = unname(hatvalues(m)), pearson = unname(residuals(m, "pearson")), deviance = unname(residuals(m, "deviance")),
    working = unname(residuals(m, "working")), response = unname(residuals(m, "response")),
    standard_pearson = unname(rstandard(m, type = "pearson")), standard_deviance = unname(rstandard(m)),
    studentized = unname(rstudent(m)), cook = unname(cooks.distance(m)), dffits = unname(dffits(m)), covratio = unname(covratio(m)),
    dfbetas = unname(dfbetas(m)), dfbeta = unname(dfbeta(m)), sigma = unname(i$sigma)) }
tables <- function(m, test) { m$control <- tight; m$call$control <- tight; one <- anova(m, test = test); raw <- anova(m, test = "Rao")
  kind <- if (test == "F") "F" else "LR"; two <- Anova(m, type = 2, test.statistic = kind)
  list(one = list(df = one$Df[-1], deviance = one$Deviance[-1], p = one[[ncol(one)]][-1], f = if (test == "F") one$F[-1] else NULL),
    rao = list(statistic = raw$Rao[-1], p = raw[[ncol(raw)]][-1]),
    two = list(df = two$Df, statistic = two[[if (test == "F") 1 else 1]], f = if (test == "F") two[["F values"]] else NULL, p = two[[ncol(two)]])) }
covs <- function(m, g) c(setNames(lapply(c("HC0", "HC1", "HC2", "HC3"), function(t) unname(vcovHC(m, type = t))), c("HC0", "HC1", "HC2", "HC3")),
  list(cluster0 = unname(vcovCL(m, cluster = g, type = "HC0", cadjust = FALSE)), cluster1 = unname(vcovCL(m, cluster = g, type = "HC1")),
    hac = unname(NeweyWest(m, lag = 2, prewhite = FALSE, adjust = FALSE))))
# Ends of the profile likelihood: the coefficient is held as an offset, the rest fitted again.
profiled <- function(m, level = 0.95) { X <- model.matrix(m); b <- coef(m); w <- m$prior.weights; y <- m$y
  off <- if (is.null(m$offset)) rep(0, length(y)) else m$offset; fam <- m$family; s <- summary(m)
  known <- fam$family %in% c("binomial", "poisson"); se <- s$coefficients[, 2]
  cut <- if (known) qchisq(level, 1) else qf(level, 1, m$df.residual)
  t(sapply(seq_along(b), function(j) { rest <- X[, -j, drop = FALSE]
    away <- function(v) { r <- suppressWarnings(glm.fit(rest, y, weights = w, family = fam, offset = off + X[, j] * v,
        control = tight)); (deviance(r) - deviance(m)) / s$dispersion - cut }
    sapply(c(-1, 1), function(d) uniroot(function(k) away(b[j] + d * k * se[j]), c(0.5, 4), extendInt = "upX", tol = 1e-13, maxiter = 300)$root * d * se[j] + b[j]) })) }
found <- list(); full <- function(m, test, g) c(base(m), list(influence = influences(m), tables = tables(m, test), cov = covs(m, g), profile = profiled(m)))
for (link in c("logit", "probit", "cloglog", "cauchit")) {
  found[[paste0("binomial_", link)]] <- c(base(fit(am ~ hp + qsec, transform(cars, am = as.numeric(am == "manual")), binomial(link))))
  found[[paste0("share_", link)]] <- full(fit(cbind(carb, gear) ~ wt + cyl, cars, binomial(link)), "Chisq", cars$gear)
  found[[paste0("quasi_share_", link)]] <- base(fit(cbind(carb, gear) ~ wt + cyl, cars, quasibinomial(link))) }
found$binomial_log <- base(fit(cbind(carb, gear) ~ hp, cars, binomial("log"), start = c(-1, 0)))
found$binomial_identity <- base(fit(cbind(carb, gear) ~ hp, cars, binomial("identity"), start = c(0.3, 0)))
found$binomial_weighted <- base(fit(I(carb / trials) ~ wt + cyl, cars, binomial(), weights = trials))
found$esoph <- full(fit(cbind(ncases, ncontrols) ~ agegp + alcgp + tobgp, eso, binomial()), "Chisq", eso$alcgp)
for (link in c("log", "sqrt", "identity")) {
  found[[paste0("poisson_", link)]] <- full(fit(breaks ~ wool * tension, warp, poisson(link)), "Chisq", warp$exposure)
  found[[paste0("quasipoisson_", link)]] <- base(fit(breaks ~ wool * tension, warp, quasipoisson(link))) }
found$poisson_offset <- full(fit(breaks ~ wool + tension + offset(log(exposure)), warp, poisson()), "Chisq", warp$exposure)
found$quasi_poisson_offset <- full(fit(breaks ~ wool + tension + offset(log(exposure)), warp, quasipoisson()), "F", warp$exposure)
found$poisson_without <- base(fit(carb ~ 0 + wt + hp, cars, poisson()))
found$poisson_offset_without <- base(fit(carb ~ 0 + wt + offset(log(gear)), cars, poisson()))
found$poisson_weighted <- base(fit(carb ~ wt + hp, cars, poisson(), weights = many))
# With so small an epsilon R's own rank rule lets a multiple through.
found$poisson_aliased <- base(fit(carb ~ wt + hp, cars, poisson()))
found$poisson_aliased$coef <- append(found$poisson_aliased$coef, NA, 2)
for (link in c("inverse", "log", "identity")) found[[paste0("gamma_", link)]] <- full(fit(mpg ~ wt + hp, cars, Gamma(link)), "F", cars$gear)
found$gamma_weighted <- full(fit(mpg ~ wt + hp, cars, Gamma("log"), weights = w1), "F", cars$gear)
for (link in c("1/mu^2", "inverse", "log")) found[[paste0("inverse_gaussian_", link)]] <- base(fit(mpg ~ wt + hp, cars, inverse.gaussian(link)))
for (link in c("identity", "log", "inverse")) found[[paste0("gaussian_", link)]] <- full(fit(mpg ~ wt + hp, cars, gaussian(link)), "F", cars$gear)
found$gaussian_weighted <- base(fit(mpg ~ wt + hp, cars, gaussian("log"), weights = w1))
found$tweedie <- base(fit(mpg ~ wt + hp, cars, tweedie(var.power = 1.5, link.power = 0))); found$tweedie$loglik <- found$tweedie$aic <- found$tweedie$bic <- NULL
found$negative_binomial <- base(fit(breaks ~ wool * tension, warp, negative.binomial(3)), 1)
# Checks: each by its definition, with R's own fits.
square <- function(m) { d <- model.frame(m); X <- model.matrix(m); u <- m$linear.predictors^2; z <- residuals(m, "working"); w <- m$weights
  a <- sum(w * residuals(lm.wfit(X, z, w))^2) - sum(w * residuals(lm.wfit(cbind(X, u), z, w))^2); unname(a / summary(m)$dispersion) }
zero <- function(m, p0, slope) { X <- model.matrix(m); part <- crossprod(X, slope)
  s2 <- sum(p0 * (1 - p0)) - drop(t(part) %*% summary(m)$cov.unscaled %*% part); sum((m$y == 0) - p0) / sqrt(s2) }
logit <- fit(am ~ hp + qsec, transform(cars, am = as.numeric(am == "manual")), binomial()); p <- fitted(logit)
gof <- lm.wfit(model.matrix(logit), 1 - 2 * p, p * (1 - p))
counts <- transform(cars, carb = pmax(carb - 2, 0)); inflated <- fit(carb ~ wt + hp, counts, poisson()); p0 <- exp(-fitted(inflated))
found$checks <- list(link_poisson = square(fit(breaks ~ wool * tension + exposure, warp, poisson())), link_gamma = square(fit(mpg ~ wt + hp, cars, Gamma("log"))),
  zeros = zero(inflated, p0, -fitted(inflated) * p0), calibration = (sum((logit$y - p)^2) - sum(p * (1 - p))) / sqrt(sum(gof$weights * gof$residuals^2)),
  vif = unname(vif(logit)), auc = mean(outer(p[logit$y == 1], p[logit$y == 0], ">") + 0.5 * outer(p[logit$y == 1], p[logit$y == 0], "==")),
  brier = mean((logit$y - p)^2), left_out = sum(sapply(seq_along(p), function(i) { d <- transform(cars, am = as.numeric(am == "manual")); r <- fit(am ~ hp + qsec, d[-i, ], binomial())
    q <- predict(r, d[i, ], type = "response"); -2 * log(if (d$am[i] == 1) q else 1 - q) })))
write_json(found, file.path(here, "glm.json"), digits = NA, auto_unbox = TRUE, na = "null")
